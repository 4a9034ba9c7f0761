package io.resilver.spi.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Section 4 of the design: which epoch wrote what. */
class LineageTest {
    @Property
    void cuttingKeepsExactlyTheElementsThatCanHaveWrittenSomething(
            @ForAll("lineages") Lineage lineage, @ForAll @LongRange(min = 0, max = 200) long lsn) {
        Lineage cut = lineage.upTo(lsn);
        assertThat(cut.rises()).isTrue();
        assertThat(cut.elements())
                .isEqualTo(lineage.elements().stream()
                        .filter(each -> each.firstLsn() <= lsn)
                        .toList());
    }

    @Property
    void cuttingTwiceIsCuttingAtTheLowerOne(
            @ForAll("lineages") Lineage lineage,
            @ForAll @LongRange(min = 0, max = 200) long a,
            @ForAll @LongRange(min = 0, max = 200) long b) {
        assertThat(lineage.upTo(a).upTo(b)).isEqualTo(lineage.upTo(Math.min(a, b)));
    }

    @Property
    void theWriterOfAnLsnIsTheLastElementThatBeginsAtOrBelowIt(
            @ForAll("lineages") Lineage lineage, @ForAll @LongRange(min = 0, max = 200) long lsn) {
        Optional<LineageElement> writer = lineage.writerOf(lsn);
        assertThat(writer).isEqualTo(lineage.upTo(lsn).last());
        writer.ifPresent(each -> assertThat(each.firstLsn()).isLessThanOrEqualTo(lsn));
    }

    @Property
    void aNewWriterIsLastTheLineageStillRisesAndWhatWasWrittenBelowKeepsItsWriter(
            @ForAll("lineages") Lineage lineage,
            @ForAll @IntRange(min = 1, max = 5) int epochs,
            @ForAll @LongRange(min = 1, max = 200) long firstLsn) {
        long epoch = lineage.last().map(LineageElement::epoch).orElse(0L) + epochs;
        LineageElement next = new LineageElement(epoch, Optional.of(new MintId("new")), firstLsn);
        Lineage longer = lineage.then(next);
        assertThat(longer.last()).contains(next);
        assertThat(longer.rises()).isTrue();
        assertThat(longer.upTo(firstLsn - 1)).isEqualTo(lineage.upTo(firstLsn - 1));
        assertThat(longer.then(next)).isEqualTo(longer);
    }

    @Property
    @Label("R3: an older writer, or another of the same epoch, can never follow")
    void anOlderOrAnotherWriterOfTheSameEpochIsRefused(
            @ForAll("someLineages") Lineage lineage, @ForAll @IntRange(min = 0, max = 3) int back) {
        LineageElement last = lineage.last().orElseThrow();
        long epoch = Math.max(1, last.epoch() - back);
        LineageElement other =
                new LineageElement(epoch, Optional.of(new MintId("other")), last.firstLsn() + (back == 0 ? 0 : 1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> lineage.then(other))
                .withMessageContaining(other.toString());
    }

    @Property
    void aLineageIsWhatItsElementsBuildOneAfterTheOther(@ForAll("lineages") Lineage lineage) {
        Lineage built = Lineage.EMPTY;
        for (LineageElement each : lineage.elements()) {
            built = built.then(each);
        }
        assertThat(built).isEqualTo(lineage);
    }

    @Test
    void anEpochThatWroteNothingLeavesNoTrace() {
        Lineage lineage =
                Lineage.EMPTY.then(element(1, "a", 1)).then(element(2, "b", 51)).then(element(3, "c", 51));
        assertThat(lineage.elements()).containsExactly(element(1, "a", 1), element(3, "c", 51));
    }

    @Test
    @DisplayName("R42: mint ids compare equal where one side has none, and tell terms apart where both have one")
    void mintIdsCompareEqualWhereOneIsMissing() {
        LineageElement none = new LineageElement(2, Optional.empty(), 51);
        assertThat(none.agreesWith(element(2, "b", 51))).isTrue();
        assertThat(element(2, "b", 51).agreesWith(none)).isTrue();
        assertThat(element(2, "a", 51).agreesWith(element(2, "b", 51))).isFalse();
        assertThat(none.agreesWith(element(2, "b", 52))).isFalse();
        assertThat(none.agreesWith(element(3, "b", 51))).isFalse();
    }

    @Test
    void aBadLineageCanBeHeldAndNamed() {
        assertThat(new Lineage(List.of(element(2, "b", 1), element(1, "a", 5))).rises())
                .isFalse();
        assertThat(new Lineage(List.of(element(1, "a", 5), element(2, "b", 5))).rises())
                .isFalse();
        assertThat(Lineage.EMPTY.rises()).isTrue();
    }

    @Test
    void anElementBelowOneIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new LineageElement(0, Optional.empty(), 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new LineageElement(1, Optional.empty(), 0));
    }

    @Test
    void aLineageDoesNotChangeWithTheListThatItWasMadeFrom() {
        List<LineageElement> list = new ArrayList<>(List.of(element(1, "a", 1)));
        Lineage lineage = new Lineage(list);
        list.clear();
        assertThat(lineage.elements()).hasSize(1);
    }

    @Provide
    Arbitrary<Lineage> someLineages() {
        return lineages().filter(each -> !each.elements().isEmpty());
    }

    @Provide
    Arbitrary<Lineage> lineages() {
        Arbitrary<long[]> gaps = Combinators.combine(
                        Arbitraries.longs().between(1, 5), Arbitraries.longs().between(1, 30))
                .as((epochs, lsns) -> new long[] {epochs, lsns});
        return gaps.list().ofMaxSize(6).map(LineageTest::rising);
    }

    private static Lineage rising(List<long[]> gaps) {
        List<LineageElement> elements = new ArrayList<>();
        long epoch = 0;
        long lsn = 0;
        for (long[] gap : gaps) {
            epoch += gap[0];
            lsn += gap[1];
            elements.add(element(epoch, "m" + epoch, lsn));
        }
        return new Lineage(elements);
    }

    private static LineageElement element(long epoch, String mint, long firstLsn) {
        return new LineageElement(epoch, Optional.of(new MintId(mint)), firstLsn);
    }
}
