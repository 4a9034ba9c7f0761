package io.resilver.coordination;

/** What became of a change that was asked of the coordination store. */
public sealed interface Answer {
    /**
     * A quorum has it.
     *
     * @param version the version that the change made
     */
    record Applied(int version) implements Answer {}

    /** Nothing changed: the path has another version, is missing, or, for a creation, is there already. */
    record Conflict() implements Answer {}

    /**
     * Nothing changed: a node that had to exist does not.
     *
     * @param path which node
     */
    record Missing(String path) implements Answer {}

    /**
     * The answer is lost: the change was applied, or was not, or will be later (R35).
     *
     * @param why for people
     */
    record Unknown(String why) implements Answer {}

    /**
     * Nothing changed, and asking again is in vain: this client may not do it (R43).
     *
     * @param why for people
     */
    record Denied(String why) implements Answer {}
}
