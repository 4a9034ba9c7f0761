package io.resilver.engine;

/** Whether what is acknowledged rests on a replica, so that it must not hold less than it does for one moment (R30). */
public enum Standing {
    /** It is a member of the in-sync set, or may be: what it shares with the source may be acknowledged because it has it. */
    COUNTED,
    /** It is no member, and nobody can take it for one: only what it knows itself to be acknowledged must stay (R15). */
    OUTSIDE
}
