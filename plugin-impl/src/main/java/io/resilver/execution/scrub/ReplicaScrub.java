package io.resilver.execution.scrub;

import io.resilver.replica.link.Response;
import io.resilver.runtime.HostRuntime;
import io.resilver.spi.driver.ScrubStatus;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.ReplicaId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Compares one replica with the primary's own store, range by range, in passes: first the log, from the tail to what was
 * comparable when the pass began, then the image, where the engine's images can be compared. The cursors outlive sessions and
 * end with the term. Lives on the term's strand.
 *
 * <p>Whatever it finds, it tells, and goes on: it repairs nothing and takes nobody out of the set.
 */
public final class ReplicaScrub {
    private static final double NANOS_PER_SECOND = 1e9;

    private final ReplicaId self;
    private final ScrubOptions options;
    private final ScrubTurns turns;
    private final ScrubPorts ports;
    private final Findings findings;
    private final LogCourse log;
    private final ImageCourse image;
    private final List<Course> courses;
    private ScrubState state = ScrubState.RESTING;
    private String why = "";
    private ScrubTurns.@Nullable Turn turn;
    private HostRuntime.@Nullable Timer paced;
    private @Nullable Range asked;
    /** When the present range began to be read, or was asked about. */
    private long begunNanos;
    /** Numbers what is under way, so that what comes back late is not taken for what was asked since. */
    private long number;

    private boolean passing;
    private int at;
    private long passes;
    private OptionalLong passedNanos = OptionalLong.empty();

    /**
     * A scrub that has seen nothing yet.
     *
     * @param self the primary's own replica
     * @param replica with which its store is compared
     * @param options the pace
     * @param turns the host's
     * @param ports what it works with
     */
    public ReplicaScrub(ReplicaId self, ReplicaId replica, ScrubOptions options, ScrubTurns turns, ScrubPorts ports) {
        this.self = self;
        this.options = options;
        this.turns = turns;
        this.ports = ports;
        this.findings = new Findings(replica, ports);
        this.log = new LogCourse(ports, options.rangeBytes());
        this.image = new ImageCourse(ports, options.rangeBytes());
        this.courses = List.of(log, image);
    }

    /** Looks whether something is due. */
    public void tick() {
        Range range = asked;
        boolean late = ports.nanos() - begunNanos > course().patience().toNanos();
        if (state == ScrubState.READING && late) {
            course().release(); // what is read comes too late to be asked about
            rest("the own store has not come back from a read for " + course().patience());
        } else if (state == ScrubState.ASKING && late && range != null) {
            asked = null;
            failed(
                    range.bytes(),
                    new RetriableException("the replica did not answer within " + course().patience(), Duration.ZERO));
        } else if (state == ScrubState.RESTING && options.isOn() && isDue()) {
            become(ScrubState.WAITING);
            long mine = ++number;
            turn = turns.take(() -> ports.soon(() -> {
                if (mine == number) {
                    read();
                }
            }));
        }
    }

    /** The session is over: what is under way counts for nothing, and the cursors stay. */
    public void interrupt() {
        if (state != ScrubState.RESTING) {
            rest("the session ended");
        }
    }

    /**
     * How it stands.
     *
     * @return a copy
     */
    public ScrubStatus status() {
        return new ScrubStatus(
                options.isOn() ? state.name() : "OFF",
                why,
                log.cursor(),
                ports.comparesImages() ? OptionalLong.of(image.offset()) : OptionalLong.empty(),
                passes,
                passedNanos.isPresent()
                        ? Optional.of(Duration.ofNanos(ports.nanos() - passedNanos.getAsLong()))
                        : Optional.empty(),
                findings.found(),
                findings.differing(),
                findings.differingImage(),
                findings.corrupt());
    }

    private Course course() {
        return courses.get(at);
    }

    private boolean isDue() {
        OptionalLong comparable = ports.comparableLsn();
        if (comparable.isEmpty() || !ports.mayBegin()) {
            return false;
        }
        if (!passing) {
            if (passedNanos.isPresent()
                    && ports.nanos() - passedNanos.getAsLong()
                            < options.interval().toNanos()) {
                return false;
            }
            passing = true;
            at = 0;
            findings.begin();
            courses.forEach(Course::begin);
        }
        return course().isDue(comparable.getAsLong());
    }

    // ------------------------------------------------------------------------------------------------ one range

    private void read() {
        OptionalLong comparable = ports.comparableLsn();
        if (comparable.isEmpty() || !passing || !ports.mayBegin() || !ports.takeBytes(options.rangeBytes())) {
            rest("waits for its replica, the lease, recoveries or memory");
            return;
        }
        become(ScrubState.READING);
        begunNanos = ports.nanos();
        long mine = number;
        ports.io(
                course().reading(comparable.getAsLong()),
                range -> {
                    ports.giveBytes(options.rangeBytes());
                    if (mine == number) {
                        haveRead(range);
                    }
                },
                cause -> {
                    ports.giveBytes(options.rangeBytes());
                    if (mine == number) {
                        cannotRead(cause);
                    }
                });
    }

    private void haveRead(Range range) {
        OptionalLong comparable = ports.comparableLsn();
        if (comparable.isEmpty()) {
            rest("waits for its replica");
            return;
        }
        switch (course().read(range, comparable.getAsLong())) {
            case END -> {
                endCourse("");
                rest(why);
            }
            case NOT_NOW ->
                failed(
                        range.bytes(),
                        new RetriableException("the replica has not got as far as what is compared", Duration.ZERO));
            case ASK -> {
                become(ScrubState.ASKING);
                why = "";
                asked = range;
                begunNanos = ports.nanos();
                course().ask(number, range);
            }
        }
    }

    private void cannotRead(RecoveryException cause) {
        if (course().skips(cause)) {
            goOn("");
        } else if (cause instanceof CorruptException corrupt) {
            if (course().corrupt(self, corrupt, findings)) {
                pace(options.rangeBytes());
            } else {
                endCourse(String.valueOf(cause.getMessage()));
                rest(why);
            }
        } else {
            failed(options.rangeBytes(), cause);
        }
    }

    /**
     * The replica has answered.
     *
     * @param question which question
     * @param answer a digest, or why there is none
     */
    public void answered(long question, Response answer) {
        Range range = asked;
        if (state != ScrubState.ASKING || question != number || range == null) {
            return; // late
        }
        if (answer instanceof Response.NotDigested not) {
            notDigested(range, not.cause());
            return;
        }
        if (!course().isSame(range, answer)) {
            course().differs(range, answer, findings);
        }
        course().pass(range);
        ports.compared(range.bytes());
        pace(range.bytes());
    }

    private void notDigested(Range range, RecoveryException cause) {
        if (course().skips(cause)) {
            goOn("");
        } else if (cause instanceof CorruptException corrupt) {
            findings.corrupt(range, corrupt);
            course().pass(range);
            pace(range.bytes());
        } else {
            failed(range.bytes(), cause);
        }
    }

    /** A failure costs as much time as a success, and one that stays is met once a pass. */
    private void failed(long bytes, RecoveryException cause) {
        String because = String.valueOf(cause.getMessage());
        if (course().isGivenUpAfter(cause)) {
            endCourse(because);
        }
        pace(bytes);
        why = because;
    }

    /** What was read takes the time that the pace gives it, and the turn is held for as long. */
    private void pace(long bytes) {
        courses.forEach(Course::release);
        become(ScrubState.PACING);
        long mine = number;
        long nanos = (long) (bytes * NANOS_PER_SECOND / options.bytesPerSecond());
        paced = ports.after(Duration.ofNanos(nanos), () -> {
            if (mine == number) {
                goOn(why);
            }
        });
    }

    private void goOn(String because) {
        if (passing && course().isOver()) {
            endCourse(because);
        }
        rest(because);
        tick();
    }

    /** The next course, or the end of the pass. */
    private void endCourse(String because) {
        why = because;
        if (at + 1 < courses.size()) {
            at++;
            if (!course().isOver()) {
                return;
            }
        }
        passing = false;
        passedNanos = OptionalLong.of(ports.nanos());
        if (courses.stream().allMatch(Course::isComplete)) {
            passes++;
            findings.passed();
        }
    }

    private void rest(String because) {
        courses.forEach(Course::release);
        become(ScrubState.RESTING);
        number++;
        why = because;
        asked = null;
        if (paced != null) {
            paced.cancel();
            paced = null;
        }
        if (turn != null) {
            turn.close();
            turn = null;
        }
    }

    private void become(ScrubState next) {
        if (!state.mayBecome(next)) {
            throw new IllegalStateException("a scrub that is " + state + " cannot become " + next);
        }
        state = next;
    }
}
