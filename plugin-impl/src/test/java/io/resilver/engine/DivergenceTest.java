package io.resilver.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** R7: agreement is proved by lineage, never by LSN alone. */
class DivergenceTest {
    @Provide
    Arbitrary<Logs> worlds() {
        return Logs.arbitrary();
    }

    /** R7: two logs truncated to D are equal, always; and D is as high as it can be. */
    @Property(tries = 3000, edgeCases = EdgeCasesMode.NONE)
    void twoLogsCutBackToDAreEqualAndDIsTheLastCommonEntry(
            @ForAll("worlds") Logs world, @ForAll @IntRange(max = 3) int a, @ForAll @IntRange(max = 3) int b) {
        List<Logs.Entry> source = world.logs.get(a);
        List<Logs.Entry> target = world.logs.get(b);

        long d = divergence(world, a, b);

        assertThat(Logs.upTo(source, d)).isEqualTo(Logs.upTo(target, d));
        assertThat(d).isEqualTo(Logs.last(source.subList(0, Logs.common(source, target))));
    }

    /** R7: it does not matter which of two logs is the source. */
    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void divergenceIsSymmetric(@ForAll("worlds") Logs world) {
        assertThat(divergence(world, 0, 1)).isEqualTo(divergence(world, 1, 0));
    }

    /** R42: the same epoch number with another mint id is another writer, at whatever LSN. */
    @Test
    void sameEpochOfAnotherMintIsNotAgreement() {
        assertThat(of(lineage(el(1, "a", 1), el(2, "b", 11)), 20, lineage(el(1, "a", 1), el(2, "c", 11)), 20)
                        .lsn())
                .isEqualTo(10);
    }

    @Test
    @DisplayName("section 4: mint ids compare equal where one side has none")
    void missingMintIdAgreesWithAny() {
        assertThat(of(lineage(el(1, null, 1), el(2, "b", 11)), 20, lineage(el(1, "a", 1), el(2, null, 11)), 18)
                        .lsn())
                .isEqualTo(18);
    }

    @Test
    @DisplayName(
            "section 4: with LSNs that skip numbers, the end of an element is the previous entry, not the next one - 1")
    void elementEndsAtThePreviousEntry() {
        // The source wrote 10 in epoch 1, then 20 in epoch 2; the replica has 10 and 15, both of epoch 1.
        assertThat(of(lineage(el(1, "a", 1), el(2, "b", 11)), 20, lineage(el(1, "a", 1)), 15)
                        .lsn())
                .isEqualTo(10);
    }

    @Test
    @DisplayName("section 4: no equal element means D = 0; an empty log agrees with everything")
    void nothingInCommon() {
        assertThat(of(lineage(el(1, "a", 1)), 9, lineage(el(1, "b", 1)), 9)).isEqualTo(new Divergence(0, true));
        assertThat(of(lineage(el(1, "a", 1)), 9, lineage(), 0)).isEqualTo(new Divergence(0, true));
        assertThat(of(lineage(), 0, lineage(), 0)).isEqualTo(new Divergence(0, true));
    }

    @Test
    @DisplayName("section 4: without a lineage on either side D is the smaller end, and not proved")
    void unknownLineageProvesNothing() {
        Optional<Lineage> known = lineage(el(1, "a", 1));
        assertThat(of(known, 9, Optional.empty(), 7)).isEqualTo(new Divergence(7, false));
        assertThat(of(Optional.empty(), 5, known, 7)).isEqualTo(new Divergence(5, false));
    }

    @Test
    @DisplayName("section 4: an epoch that has begun and written nothing agrees up to what was before it")
    void epochThatWroteNothingYet() {
        assertThat(of(lineage(el(1, "a", 1), el(2, "b", 10)), 9, lineage(el(1, "a", 1), el(2, "b", 10)), 15)
                        .lsn())
                .isEqualTo(9);
    }

    private static long divergence(Logs world, int source, int target) {
        return Divergence.of(world.history(source, 0, OptionalLong.empty()), world.position(target, 0))
                .lsn();
    }

    private static Divergence of(Optional<Lineage> source, long head, Optional<Lineage> target, long flushed) {
        return Divergence.of(
                new RetainedHistory(head, 0, OptionalLong.empty(), 0, false, source),
                new ReplicaPosition(flushed, 0, OptionalLong.empty(), true, target));
    }

    private static Optional<Lineage> lineage(LineageElement... elements) {
        return Optional.of(new Lineage(List.of(elements)));
    }

    private static LineageElement el(long epoch, String mint, long first) {
        return new LineageElement(epoch, Optional.ofNullable(mint).map(MintId::new), first);
    }
}
