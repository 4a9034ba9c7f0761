package io.resilver.simulation.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.simulation.disk.Disk;
import io.resilver.simulation.disk.Engine;
import io.resilver.simulation.disk.OpenDisk;
import io.resilver.simulation.disk.Rules;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.Token;
import io.resilver.spi.model.VolumeId;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What each checker must object to, and what it must let pass. */
class CheckersTest {
    private static final VolumeId VOLUME = new VolumeId("v");
    private static final ReplicaId A = new ReplicaId(VOLUME, "a");
    private static final ReplicaId B = new ReplicaId(VOLUME, "b");
    private static final LineageElement ONE = new LineageElement(1, Optional.empty(), 1);
    private static final LineageElement TWO = new LineageElement(2, Optional.empty(), 4);

    /** Goes on after a flush that failed. */
    private static final Rules CARELESS = new Rules() {
        @Override
        public boolean stopsAfterAFailedFlush() {
            return false;
        }
    };

    private final Writers writers = new Writers();
    private final History history = new History();
    private final Disk ofA = new Disk(A, new StoreId("a"));
    private final Disk ofB = new Disk(B, new StoreId("b"));

    private static Token token(long epoch, String mint, long session) {
        return new Token(new Incarnation("inc"), new Epoch(epoch, new MintId(mint)), session);
    }

    private OpenDisk open(Disk disk) throws RecoveryException {
        return (OpenDisk)
                new Engine(Map.of(disk.replica(), disk), replica -> new StoreId("another"), Rules.SOUND, new Told())
                        .open(disk.replica(), new Incarnation("inc"));
    }

    private final class Told implements OpenDisk.Accepted {
        @Override
        public void accepted(ReplicaId by, EntryId previous, LogEntry entry) {
            history.appended(previous, entry);
        }

        @Override
        public void committed(Disk disk, long lsn) {}

        @Override
        public void removed(ReplicaId replica) {}
    }

    private static void write(OpenDisk store, LineageElement writer, long lsn, long value) throws RecoveryException {
        store.target().append(store.next(writer, lsn, 3, value));
        store.target().flush();
    }

    @Test
    @DisplayName("R2: a store may accept the same and higher tokens, and no lower one")
    void tokens() {
        assertThat(writers.accepted(A, token(2, "x", 1))).isEmpty();
        assertThat(writers.accepted(A, token(2, "x", 1))).isEmpty();
        assertThat(writers.accepted(A, token(3, "y", 0))).isEmpty();
        assertThat(writers.accepted(B, token(2, "x", 2)))
                .as("another store may be behind")
                .isEmpty();
        assertThat(writers.accepted(A, token(2, "x", 9)).orElseThrow().rule()).isEqualTo("R2");
        assertThat(writers.accepted(B, token(2, "x", 1)).orElseThrow().what()).contains("after");
    }

    @Test
    @DisplayName("R3: one number with two mint ids is objected to, at whatever stores")
    void mints() {
        assertThat(writers.accepted(A, token(3, "y", 1))).isEmpty();
        assertThat(writers.accepted(B, token(3, "z", 1)).orElseThrow().rule()).isEqualTo("R3");
    }

    @Test
    @DisplayName("R2: one entry with two contents is objected to")
    void contents() {
        assertThat(writers.appended(A, new LogEntry(5, 1, ByteBuffer.wrap(new byte[] {1}))))
                .isEmpty();
        assertThat(writers.appended(B, new LogEntry(5, 1, ByteBuffer.wrap(new byte[] {1}))))
                .isEmpty();
        assertThat(writers.appended(B, new LogEntry(5, 2, ByteBuffer.wrap(new byte[] {2}))))
                .isEmpty();
        assertThat(writers.appended(B, new LogEntry(5, 1, ByteBuffer.wrap(new byte[] {2}))))
                .isPresent();
    }

    @Test
    @DisplayName("R30: who is called in sync has every committed entry, as it was committed")
    void members() throws RecoveryException {
        OpenDisk a = open(ofA);
        OpenDisk b = open(ofB);
        write(a, ONE, 1, 7);
        write(a, ONE, 3, 8);
        write(b, ONE, 1, 7);
        assertThat(history.committed(3, ofA)).isEmpty();
        assertThat(history.holds(A, ofA)).isEmpty();
        assertThat(history.holds(B, ofB).orElseThrow().rule())
                .as("it lacks one")
                .isEqualTo("R30");
        write(b, TWO, 4, 9);
        assertThat(history.holds(B, ofB).orElseThrow().rule())
                .as("it has another")
                .isEqualTo("R7");
        b.target().truncateTo(1);
        write(b, ONE, 3, 8);
        assertThat(history.holds(B, ofB)).isEmpty();
        ofB.replace(new StoreId("c"));
        assertThat(history.holds(B, ofB)).as("an empty disk").isPresent();
    }

    @Test
    @DisplayName("R42: once the record was put back a number may be minted twice, but no store may accept both")
    void mintedTwice() {
        assertThat(writers.accepted(A, token(3, "y", 1))).isEmpty();
        writers.restored();
        assertThat(writers.accepted(B, token(3, "z", 1))).isEmpty();
        assertThat(writers.accepted(A, token(3, "z", 2)).orElseThrow().rule()).isEqualTo("R3");
    }

    @Test
    @DisplayName("R7: another content of the entry that was committed is objected to")
    void anotherContent() throws RecoveryException {
        write(open(ofA), ONE, 1, 7);
        assertThat(history.committed(1, ofA)).isEmpty();
        write(open(ofB), ONE, 1, 8);
        assertThat(history.holds(A, ofA)).isEmpty();
        assertThat(history.holds(B, ofB).orElseThrow().what()).contains("another content");
    }

    @Test
    @DisplayName("R30: an entry that was not committed is not acknowledged, and a store does not know more than it has")
    void acknowledgements() throws RecoveryException {
        OpenDisk a = open(ofA);
        write(a, ONE, 1, 7);
        assertThat(history.acknowledged(new EntryId(1, 1)))
                .as("nobody committed it")
                .isPresent();
        assertThat(history.committed(1, ofA)).isEmpty();
        assertThat(history.acknowledged(new EntryId(1, 1))).isEmpty();
        assertThat(history.acknowledged(new EntryId(1, 2))).as("another epoch").isPresent();
        assertThat(history.committed(2, ofA)).as("there is no such entry").isPresent();
        assertThat(history.acknowledgements()).isEqualTo(3);
    }

    @Test
    @DisplayName("R16: an image that is not what the committed entries make is objected to; a trimmed log is not")
    void images() throws RecoveryException {
        OpenDisk a = open(ofA);
        write(a, ONE, 1, 7);
        write(a, ONE, 2, 8);
        a.target().committed(2);
        assertThat(history.committed(2, ofA)).isEmpty();
        a.checkpoint(true);
        a.trim();
        ofA.crash(new Random(1));
        assertThat(ofA.durableLog()).isEmpty();
        assertThat(history.holds(A, ofA)).isEmpty();
        OpenDisk b = open(ofB);
        write(b, ONE, 1, 7);
        write(b, ONE, 2, 99);
        b.target().committed(2);
        b.checkpoint(true);
        b.trim();
        assertThat(history.holds(B, ofB).orElseThrow().rule()).isEqualTo("R16");
    }

    @Test
    @DisplayName(
            "R11: after a flush that failed a store takes nothing, and what was lost by it is not there when it is opened again")
    void failedFlush() throws RecoveryException {
        OpenDisk a = open(ofA);
        write(a, ONE, 1, 7);
        ofA.failFlushes(true);
        assertThatThrownBy(() -> write(a, ONE, 2, 8)).isInstanceOf(RetriableException.class);
        ofA.mendFlushes();
        assertThatThrownBy(() -> a.target().flush()).hasMessageContaining("opened again");
        assertThatThrownBy(() -> write(a, ONE, 3, 9)).hasMessageContaining("opened again");
        assertThat(ofA.hasLost()).isTrue();
        a.close();
        assertThat(ofA.hasLost()).isFalse();
        assertThat(ofA.last().lsn()).isEqualTo(1);
        write(open(ofA), ONE, 2, 8);
        assertThat(ofA.durableLast().lsn()).isEqualTo(2);
    }

    @Test
    @DisplayName("R11, R15: what is durable does not become less by itself, and may by a truncation or on another disk")
    void progress() throws RecoveryException {
        Progress progress = new Progress();
        OpenDisk a = open(ofA);
        write(a, ONE, 1, 7);
        write(a, ONE, 2, 8);
        assertThat(progress.look(ofA)).isEmpty();
        a.target().truncateTo(1);
        assertThat(progress.look(ofA)).as("a truncation").isEmpty();
        write(a, ONE, 2, 9);
        assertThat(progress.look(ofA)).isEmpty();
        ofA.replace(new StoreId("c"));
        assertThat(progress.look(ofA)).as("another disk").isEmpty();
        OpenDisk careless =
                (OpenDisk) new Engine(Map.of(B, ofB), replica -> new StoreId("another"), CARELESS, new Told())
                        .open(B, new Incarnation("inc"));
        write(careless, ONE, 1, 7);
        careless.target().append(careless.next(ONE, 2, 3, 8));
        ofB.failFlushes(true);
        assertThatThrownBy(() -> careless.target().flush()).isInstanceOf(RetriableException.class);
        assertThat(careless.target().flush())
                .as("what was dropped counts as written")
                .isEqualTo(2);
        assertThat(progress.look(ofB)).isEmpty();
        ofB.crash(new Random(1));
        assertThat(progress.look(ofB).orElseThrow().rule()).isEqualTo("R11");
    }

    @Test
    @DisplayName("R12, R21, R51: pins, what waits for its time and what is under way on a stream are bounded")
    void bounds() {
        Bounds bounds = new Bounds(6);
        assertThat(bounds.pins("h1", 24)).isEmpty();
        assertThat(bounds.pins("h1", 25).orElseThrow().rule()).isEqualTo("R12");
        assertThat(bounds.waiting(6_000)).isEmpty();
        assertThat(bounds.waiting(6_001).orElseThrow().rule()).isEqualTo("R21");
        assertThat(bounds.stream(2_000)).isEmpty();
        assertThat(bounds.stream(2_001).orElseThrow().rule()).isEqualTo("R51");
    }

    @Test
    @DisplayName("R37: a read that does not show all that was committed is stale")
    void reads() throws RecoveryException {
        assertThat(history.read(OptionalLong.of(0), false)).isEmpty();
        write(open(ofA), ONE, 2, 7);
        assertThat(history.committed(2, ofA)).isEmpty();
        assertThat(history.read(OptionalLong.of(2), false)).isEmpty();
        assertThat(history.read(OptionalLong.of(1), false).orElseThrow().rule()).isEqualTo("R37");
        assertThat(history.read(OptionalLong.empty(), false)).isPresent();
        assertThat(history.read(OptionalLong.of(1), true))
                .as("a clock stood still")
                .isEmpty();
        assertThat(history.read(OptionalLong.empty(), true)).isPresent();
    }
}
