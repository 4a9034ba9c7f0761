package io.resilver.host.cli.demo;

import static io.resilver.host.cli.demo.HostProcess.verb;

import io.resilver.host.cli.control.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;

/** The parts of the demo, in order. Each leaves every replica in sync. */
final class Story {
    /** What {@link Narrator#says} is called at most, but for repeated attempts. */
    static final int STEPS = 8;

    /** A replica is noticed, recovered and joins: seconds, and much more with an input of many GiB. */
    private static final Duration RECOVERY_PATIENCE = Duration.ofMinutes(5);

    private static final Duration LEAD_PATIENCE = Duration.ofSeconds(40);
    private static final Duration TRIM_PATIENCE = Duration.ofSeconds(10);

    private final Stage stage;
    private final Content content;
    private final Verifier verifier;
    private final Narrator narrator;
    private final List<PartResult> results = new ArrayList<>();

    Story(Stage stage, Content content, Narrator narrator) {
        this.stage = stage;
        this.content = content;
        this.verifier = new Verifier(stage);
        this.narrator = narrator;
    }

    /** Tells it whole. */
    List<PartResult> tell() throws DemoException {
        narrator.says("three hosts start and write " + content.input());
        HostProcess a = stage.start("a", true);
        HostProcess b = stage.launch("b", false);
        HostProcess c = Stage.serving(stage.launch("c", false));
        Stage.serving(b);
        leads(a);
        writeInput(a, 60);
        writeMarked(a, Layout.MARKED, Layout.BLOCK);
        joined(a);

        narrator.says("(a) replica c restarts and has missed nothing");
        c.stop();
        c = recovered("a", "nothing missed", "ZERO_GAP", Optional.empty(), a);

        narrator.says("(b) replica c misses writes");
        c.stop();
        writeMissed(a, 68);
        c = recovered("b", "writes missed", "CATCH_UP", Optional.empty(), a);

        narrator.says("(c) replica c misses writes, and the log is trimmed");
        c.stop();
        writeMissed(a, 76);
        checkpointAndTrim(a);
        c = recovered("c", "log trimmed", "NEEDS_REBUILD", Optional.of("SNAPSHOT_AND_TAIL"), a);

        narrator.says("(d) the log is trimmed, and there is no usable checkpoint");
        c.stop();
        writeMissed(a, 84);
        checkpointAndTrim(a);
        a.ask(verb("release-checkpoint"));
        c = recovered("d", "no checkpoint", "NEEDS_REBUILD", Optional.of("FULL_BASE"), a);

        narrator.says("(e) the primary is killed in the middle of a catch-up");
        TakeOver takeOver = new TakeOver(this, stage, content, verifier);
        results.add(takeOver.play(a, b, c));

        narrator.says("(f) the old primary returns with writes that were never acknowledged");
        if (stage.undoes()) {
            recovered("f", "old primary returns", "CATCH_UP", Optional.empty(), b, "a");
        } else {
            recovered("f", "old primary returns", "NEEDS_REBUILD", Optional.of("FULL_BASE"), b, "a");
        }
        if (!results.get(results.size() - 1).reason().equals(stage.undoes() ? "DIVERGED" : "TRUNCATION_UNSAFE")) {
            throw new DemoException("the old primary had nothing to undo: " + results.get(results.size() - 1));
        }
        narrator.says("the end");
        return results;
    }

    private HostProcess recovered(
            String part, String title, String outcome, Optional<String> source, HostProcess primary)
            throws DemoException {
        return recovered(part, title, outcome, source, primary, "c");
    }

    /** Starts a host again, and waits until its replica is back in the set. */
    private HostProcess recovered(
            String part, String title, String outcome, Optional<String> source, HostProcess primary, String name)
            throws DemoException {
        int mark = primary.mark();
        HostProcess host = stage.start(name, false);
        Message report = completed(primary, mark, name);
        joined(primary);
        PartResult result = result(part, title, report, primary, Stage.HOSTS, OptionalLong.empty());
        if (!result.outcome().equals(outcome) || !result.rebuildSource().equals(source)) {
            throw new DemoException("part " + part + " should have been " + outcome
                    + source.map(" from "::concat).orElse("") + " and was " + report);
        }
        results.add(result);
        return host;
    }

    /** Waits for the report about a replica. */
    Message completed(HostProcess primary, int mark, String replica) throws DemoException {
        return primary.await(
                mark,
                "RecoveryCompleted",
                event -> event.text("replica").equals(Optional.of(replica)),
                RECOVERY_PATIENCE);
    }

    /** Checks the replicas of these hosts and makes the part's result. */
    PartResult result(
            String part,
            String title,
            Message report,
            HostProcess primary,
            List<String> hosts,
            OptionalLong killedAtLsn)
            throws DemoException {
        try {
            return PartResult.of(part, title, report, verifier.verified(primary, content, hosts), killedAtLsn);
        } catch (Message.MalformedException e) {
            throw new DemoException("the report of part " + part + " is incomplete: " + report, e);
        }
    }

    /** Waits until a host is primary. */
    void leads(HostProcess host) throws DemoException {
        Patience.until("host " + host.name() + " to lead", LEAD_PATIENCE, () -> {
            Message status = host.ask(verb("status"));
            return status.flag("primary") ? Patience.Look.found(status) : Patience.Look.notYet("it is " + status);
        });
    }

    /** Waits until these hosts' replicas are the in-sync set; all hosts where none is named. */
    void joined(HostProcess primary, String... hosts) throws DemoException {
        String all = String.join(",", new TreeSet<>(hosts.length == 0 ? Stage.HOSTS : List.of(hosts)));
        Patience.until("replicas " + all + " to be in sync", RECOVERY_PATIENCE, () -> {
            Message status = primary.ask(verb("status"));
            return status.text("inSync").equals(Optional.of(all))
                    ? Patience.Look.found(status)
                    : Patience.Look.notYet("host " + primary.name() + " says " + status);
        });
    }

    // ------------------------------------------------------------------------------------------------ writing

    private void writeMissed(HostProcess primary, int percent) throws DemoException {
        writeInput(primary, percent);
        writeMarked(primary, Layout.MARKED, Layout.BLOCK);
    }

    void writeInput(HostProcess primary, int percent) throws DemoException {
        long end = content.inputAt(percent);
        primary.ask(verb("write-file")
                .put("path", content.input().toString())
                .put("from", content.inputEnd())
                .put("to", end)
                .put("at", content.inputEnd()));
        content.inputAcknowledged(end);
    }

    void writeMarked(HostProcess primary, long bytes, int block) throws DemoException {
        primary.ask(marked("write-pattern", bytes, block));
        content.markedAcknowledged(content.markedEnd() + bytes);
    }

    /** A request for the marked blocks that follow the acknowledged ones. */
    Message.Builder marked(String verb, long bytes, int block) {
        return verb(verb)
                .put("seed", Layout.SEED)
                .put("from", content.markedEnd())
                .put("to", content.markedEnd() + bytes)
                .put("at", content.markedAt() + content.markedEnd())
                .put("block", block);
    }

    private void checkpointAndTrim(HostProcess primary) throws DemoException {
        long missedFrom = verifier.durableLsn("c");
        long checkpoint = primary.ask(verb("checkpoint"))
                .number("lsn")
                .orElseThrow(() -> new DemoException("a checkpoint without an LSN"));
        Patience.until("the log above LSN " + missedFrom + " to be trimmed", TRIM_PATIENCE, () -> {
            OptionalLong tail = primary.ask(verb("trim").put("lsn", checkpoint)).number("tailLsn");
            return tail.orElse(0) > missedFrom
                    ? Patience.Look.found(tail)
                    : Patience.Look.notYet("its tail is " + tail);
        });
    }
}
