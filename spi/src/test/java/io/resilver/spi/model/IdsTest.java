package io.resilver.spi.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.function.Function;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An id is safe in a path, a znode, a metric name and a log line; a missing one is refused, not guessed. */
class IdsTest {
    private static final List<Function<String, Object>> KINDS = List.of(
            HostId::new,
            VolumeId::new,
            Incarnation::new,
            MintId::new,
            StoreId::new,
            name -> new ReplicaId(new VolumeId("v"), name));

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", " ", ".", "..", "-a", "_a", "a/b", "a b", "a\n", "ä", "a\u0000"})
    @DisplayName("R6: an id that is missing or unsafe is refused, with its value")
    void anUnsafeIdIsRefusedByEveryKind(String value) {
        for (Function<String, Object> kind : KINDS) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> kind.apply(value))
                    .withMessageContaining("'" + value + "'");
        }
    }

    @Test
    void theLengthIsBounded() {
        for (Function<String, Object> kind : KINDS) {
            assertThat(kind.apply("a".repeat(128))).isNotNull();
            assertThatIllegalArgumentException().isThrownBy(() -> kind.apply("a".repeat(129)));
        }
    }

    @Test
    @DisplayName("R6: every character is safe or not as the message says, at the beginning and behind it")
    void everyCharacter() {
        StringBuilder first = new StringBuilder();
        StringBuilder behind = new StringBuilder();
        for (int each = 0; each < 0x200; each++) { // ASCII, and letters and digits that are none here
            String one = Character.toString((char) each);
            first.append(isKept(one) ? one : "");
            behind.append(isKept("a" + one) ? one : "");
        }
        String letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        assertThat(first).hasToString("0123456789" + letters);
        assertThat(behind).hasToString("-.0123456789" + letters.substring(0, 26) + "_" + letters.substring(26));
    }

    private static boolean isKept(String value) {
        try {
            return new HostId(value).value().equals(value);
        } catch (IllegalArgumentException refused) {
            return false;
        }
    }

    @Property
    void aSafeIdIsKeptAsItIs(@ForAll("safe") String value) {
        assertThat(new HostId(value)).hasToString(value).isEqualTo(new HostId(value));
        assertThat(new StoreId(value).value()).isEqualTo(value);
        assertThat(new MintId(value)).isEqualByComparingTo(new MintId(value));
        assertThat(new Incarnation(value)).isEqualByComparingTo(new Incarnation(value));
    }

    @Property
    void replicasAreOrderedByVolumeThenName(
            @ForAll("safe") String volume1,
            @ForAll("safe") String name1,
            @ForAll("safe") String volume2,
            @ForAll("safe") String name2) {
        ReplicaId one = new ReplicaId(new VolumeId(volume1), name1);
        ReplicaId two = new ReplicaId(new VolumeId(volume2), name2);
        int byVolume = volume1.compareTo(volume2);
        assertThat(Integer.signum(one.compareTo(two)))
                .isEqualTo(Integer.signum(byVolume != 0 ? byVolume : name1.compareTo(name2)));
        assertThat(one.equals(two)).isEqualTo(one.compareTo(two) == 0);
    }

    @Test
    @DisplayName("R6: a replica without a volume is refused")
    void aReplicaNeedsAVolume() {
        assertThatIllegalArgumentException().isThrownBy(() -> new ReplicaId(null, "r"));
    }

    @Test
    @DisplayName("R3: the same number with another mint id is a conflict, never agreement")
    void epochsWithOneNumberAndTwoMintsConflict() {
        Epoch epoch = new Epoch(7, new MintId("a"));
        assertThat(epoch.conflictsWith(new Epoch(7, new MintId("b")))).isTrue();
        assertThat(epoch.conflictsWith(new Epoch(7, new MintId("a")))).isFalse();
        assertThat(epoch.conflictsWith(new Epoch(8, new MintId("b")))).isFalse();
    }

    @Test
    void anEpochATokenAndAStoreNeedAllTheirParts() {
        Epoch epoch = new Epoch(1, new MintId("a"));
        Incarnation incarnation = new Incarnation("i");
        for (Runnable bad : List.<Runnable>of(
                () -> new Epoch(0, new MintId("a")),
                () -> new Epoch(1, null),
                () -> new Token(null, epoch, 0),
                () -> new Token(incarnation, null, 0),
                () -> new Token(incarnation, epoch, -1),
                () -> new StoreIdentity(null, 0),
                () -> new StoreIdentity(new StoreId("s"), -1),
                () -> new Endpoint("", 1),
                () -> new Endpoint(null, 1),
                () -> new Endpoint("h", 0),
                () -> new Endpoint("h", 65_536),
                () -> new EntryId(1, 0),
                () -> new EntryId(0, 1),
                () -> new EntryId(-1, 1))) {
            assertThatIllegalArgumentException().isThrownBy(bad::run);
        }
    }

    @Provide
    Arbitrary<String> safe() {
        Arbitrary<String> first = Arbitraries.strings().alpha().numeric().ofLength(1);
        Arbitrary<String> rest =
                Arbitraries.strings().alpha().numeric().withChars("._-").ofMaxLength(127);
        return first.flatMap(head -> rest.map(tail -> head + tail))
                .filter(text -> text.chars().allMatch(c -> c < 128));
    }
}
