package io.resilver.host.cli.demo;

import static io.resilver.host.cli.demo.HostProcess.verb;

import io.resilver.host.cli.control.Message;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Part (e): the primary is killed when between a quarter and three quarters of a catch-up are durable at its target. What it
 * wrote last reached its own disk only; it was never acknowledged, and part (f) is about it.
 */
final class TakeOver {
    private static final int ATTEMPTS = 4;
    private static final int LEAST_PERCENT = 25;
    private static final int MOST_PERCENT = 75;

    /** Leaves room for what goes on while the primary is being killed. */
    private static final int LATEST_PERCENT = 55;

    private static final double CATCH_UP_SECONDS = 3;

    /** The member that is made to hold still must not be missed before the primary is dead: less than its grace. */
    private static final Duration MOST_SILENCE = Duration.ofMillis(900);

    private static final Duration WINDOW_PATIENCE = Duration.ofMinutes(2);

    private final Story story;
    private final Stage stage;
    private final Content content;
    private final Verifier verifier;

    TakeOver(Story story, Stage stage, Content content, Verifier verifier) {
        this.story = story;
        this.stage = stage;
        this.content = content;
        this.verifier = verifier;
    }

    /** The catch-up of c that is to be interrupted. */
    private record Gap(long startLsn, long targetLsn, long bytes) {
        long percent(long lsn) {
            return (lsn - startLsn) * 100 / (targetLsn - startLsn);
        }
    }

    PartResult play(HostProcess a, HostProcess b, HostProcess c) throws DemoException {
        double seconds = CATCH_UP_SECONDS;
        HostProcess target = c;
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            story.joined(a);
            target.stop();
            Gap gap = miss(a);
            a.ask(verb("throttle").put("bytesPerSecond", (long) (gap.bytes() / seconds)));
            int mark = b.mark();
            target = stage.start("c", false);
            if (inWindow(gap) && killed(a, b, gap)) {
                return finished(b, mark, gap);
            }
            // Too late: the catch-up was faster than this process could act. Let it end, and take more time.
            a.ask(verb("throttle"));
            seconds *= 2;
        }
        throw new DemoException("no catch-up was caught between " + LEAST_PERCENT + " and " + MOST_PERCENT
                + " percent in " + ATTEMPTS + " attempts: this machine is too busy");
    }

    private Gap miss(HostProcess primary) throws DemoException {
        long start = verifier.durableLsn("c");
        long before = content.inputEnd() + content.markedEnd();
        story.writeInput(primary, 100);
        story.writeMarked(primary, Layout.GAP, Layout.GAP_BLOCK);
        long committed = primary.ask(verb("status"))
                .number("committedLsn")
                .orElseThrow(() -> new DemoException("host a committed nothing"));
        return new Gap(start, committed, content.inputEnd() + content.markedEnd() - before);
    }

    /** Waits until a quarter is durable in the target's files; false when the window was missed. */
    private boolean inWindow(Gap gap) throws DemoException {
        return Patience.until("a quarter of the catch-up to be durable at c", WINDOW_PATIENCE, () -> {
            long percent = gap.percent(verifier.durableLsn("c"));
            return percent >= LEAST_PERCENT
                    ? Patience.Look.found(percent <= LATEST_PERCENT)
                    : Patience.Look.notYet("it is at " + percent + " percent");
        });
    }

    /** Holds the other member still, lets the primary append what nobody gets, and kills it; false when it took too long. */
    private boolean killed(HostProcess a, HostProcess b, Gap gap) throws DemoException {
        long since = System.nanoTime();
        b.signal("STOP");
        try {
            a.ask(story.marked("append-only", Layout.SUFFIX, Layout.BATCH));
            boolean inTime = System.nanoTime() - since < MOST_SILENCE.toNanos()
                    && gap.percent(verifier.durableLsn("c")) <= LATEST_PERCENT;
            if (inTime) {
                a.kill();
            }
            return inTime;
        } finally {
            b.signal("CONT");
        }
    }

    private PartResult finished(HostProcess b, int mark, Gap gap) throws DemoException {
        long killedAtLsn = verifier.durableLsn("c");
        if (gap.percent(killedAtLsn) < LEAST_PERCENT || gap.percent(killedAtLsn) > MOST_PERCENT) {
            throw new DemoException(
                    "the primary was killed at " + gap.percent(killedAtLsn) + " percent of the catch-up");
        }
        story.leads(b);
        Message report = story.completed(b, mark, "c");
        if (!report.text("outcome").equals(Optional.of("CATCH_UP"))) {
            throw new DemoException("host b should have finished the catch-up of c and reports " + report);
        }
        story.joined(b, "b", "c");
        // Nobody was told that these were written: a client writes them again, to whoever is primary now.
        story.writeMarked(b, Layout.SUFFIX, Layout.BATCH);
        return story.result("e", "primary killed", report, b, List.of("b", "c"), OptionalLong.of(killedAtLsn));
    }
}
