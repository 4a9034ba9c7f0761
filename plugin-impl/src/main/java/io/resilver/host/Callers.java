package io.resilver.host;

import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.model.VolumeId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Who waits for a term of one volume, and what they are told. On the replica's strand. */
final class Callers {
    /**
     * Callers of one volume that wait for a term. Each has an answer of its own that stays until there is a term, so that one
     * who asks again and again without waiting would fill the memory.
     */
    static final int MOST_WAITING = 64;

    private final VolumeId volume;
    private final List<CompletableFuture<Leadership>> waiting = new ArrayList<>();
    /** Why there will be no term any more, for those who ask later. */
    private Optional<RecoveryException> never = Optional.empty();

    Callers(VolumeId volume) {
        this.volume = volume;
    }

    /** Whether anybody waits for a term that is not there yet; who gave up does not. */
    boolean areWaiting() {
        waiting.removeIf(CompletableFuture::isDone);
        return !waiting.isEmpty();
    }

    /**
     * Takes in who asks for a term.
     *
     * @param answer completes at once with the term that is there, or fails at once when there will be none or too many wait
     * @return whether the caller waits from now on
     */
    boolean add(CompletableFuture<Leadership> answer, Optional<Leadership> present) {
        if (never.isPresent()) {
            answer.completeExceptionally(never.get());
            return false;
        }
        if (present.isPresent()) {
            answer.complete(present.get());
            return false;
        }
        if (areWaiting() && waiting.size() >= MOST_WAITING) {
            answer.completeExceptionally(new ResourceExhaustedException(
                    waiting.size() + " callers wait already to lead volume " + volume
                            + ": wait for the first answer, or cancel it, before asking again",
                    "callers that wait for a term"));
            return false;
        }
        waiting.add(answer);
        return true;
    }

    /**
     * There is a term.
     *
     * @return whether anybody took it: who gave up meanwhile will not use it
     */
    boolean ready(Leadership term) {
        List<CompletableFuture<Leadership>> told = take();
        return told.stream().filter(each -> each.complete(term)).count() > 0;
    }

    /** There will be none any more: whoever waits hears it, and so does who asks later. The first reason stands. */
    void never(RecoveryException why) {
        if (never.isEmpty()) {
            never = Optional.of(why);
        }
        take().forEach(each -> each.completeExceptionally(why));
    }

    /** The same, for a reason that is nobody's failure. */
    void never(String why) {
        never(new CancelledException("volume " + volume + " is not led from here: " + why));
    }

    /** Who is told may ask again at once. */
    private List<CompletableFuture<Leadership>> take() {
        List<CompletableFuture<Leadership>> all = List.copyOf(waiting);
        waiting.clear();
        return all;
    }
}
