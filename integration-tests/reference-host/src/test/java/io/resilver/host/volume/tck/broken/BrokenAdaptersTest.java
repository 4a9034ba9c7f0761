package io.resilver.host.volume.tck.broken;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.resilver.tck.TckFixture;
import io.resilver.tck.TckReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.EngineFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Adapters that break one thing each: the contract tests catch each of them, with the one test that is meant to. */
class BrokenAdaptersTest {
    /** Each run costs more than a second: so many, which break most unlike each other, are run each time. */
    private static final int FEWER = 18;

    static List<Arguments> broken() {
        List<Arguments> all = all();
        return Boolean.getBoolean("resilver.chaos") ? all : all.subList(0, FEWER);
    }

    private static List<Arguments> all() {
        return List.of(
                caught(BrokenLogs.LsnOffByOne::new, "required_R9_aPinBelowTheTailIsRefused"),
                caught(BrokenLogs.PinThatDoesNotHold::new, "required_R9_aPinHoldsWhatIsStillToCome"),
                caught(BrokenLogs.PinForgottenAtReopen::new, "required_R12_pinsEndWithTheStore"),
                caught(BrokenTargets.AcknowledgedBeforeForce::new, "required_R11_flushAnswersForWhatIsDurable"),
                caught(BrokenTargets.AppliedTwice::new, "required_R52_entriesThatAreThereAreSkipped"),
                caught(BrokenTargets.TruncationOfBookkeeping::new, "required_R15_truncationIsDurable"),
                caught(BrokenInstalls.InstallThatMixes::new, "required_R16_nothingIsSeenBeforeTheCommit"),
                caught(BrokenLogs.LeakedCursor::new, "required_R12_cursorsAndPinsLeaveNothingOpen"),
                caught(BrokenLogs.WrongEndOfRange::new, "required_R10_readsUpToAnLsnInclusive"),
                caught(BrokenStores.EpochLost::new, "required_R36_reopeningKeepsEverything"),
                caught(BrokenTargets.PromiseNotDurable::new, "required_R2_aPromiseSurvivesAKill"),
                caught(BrokenTargets.ErrorSwallowed::new, "required_R15_belowTheCommittedBoundIsRefused"),
                caught(BrokenStores.CapabilityNotDeclared::new, "required_R16_aSnapshotIsTheNewestCheckpoint"),
                caught(BrokenInstalls.ShortReads::new, "required_R11_aReadIsShortOnlyAtTheEnd"),
                caught(BrokenInstalls.BaseNotFrozen::new, "required_R16_aFrozenBaseStaysAsItIs"),
                caught(BrokenInstalls.RangeNeverWritten::new, "required_R17_anInstallIsGoneOnWith"),
                caught(BrokenLogs.BufferUsedAgain::new, "required_R51_buffersOfABatchAreTheReadersForGood"),
                caught(BrokenStores.OpenedTwice::new, "required_R2_aSecondOpenIsRefused"),
                caught(BrokenLogs.PinThatCostsNothing::new, "required_R20_aPinTellsWhatItHolds"),
                caught(BrokenLogs.CursorOutlivesPin::new, "required_R20_aClosedPinEndsItsCursors"),
                caught(BrokenLogs.CommittedTooHigh::new, "required_R30_committedIsAtMostWhatWasTold"),
                caught(BrokenTargets.PayloadMoved::new, "required_R51_payloadsAreReadThroughADuplicate"),
                caught(BrokenTargets.LineageNotTruncated::new, "required_R15_truncationRemovesTheLineage"),
                caught(BrokenTargets.AnyMintAgrees::new, "required_R3_anotherMintOfThePromisedEpochIsRefused"),
                caught(BrokenInstalls.RangeBufferKept::new, "required_R51_aRangesBufferIsNotKept"),
                caught(BrokenInstalls.KeptAndForgotten::new, "optional_R17_aKeptRangeIsTheCandidate"),
                caught(BrokenInstalls.KeptAsItBecomes::new, "optional_R18_aKeptRangeEndsWithItsImage"),
                caught(BrokenInstalls.NothingDiscarded::new, "required_R17_whatIsDiscardedIsGone"),
                caught(BrokenStores.OpenCountRaised::new, "required_R36_openingDoesNotRaiseTheOpenCount"),
                caught(BrokenStores.AnyIncarnation::new, "required_R36_anotherIncarnationIsRefused"),
                caught(BrokenStores.ClosedStoreAnswers::new, "required_R21_aClosedStoreRefusesEverything"));
    }

    private static Arguments caught(Supplier<TckFixture> broken, String by) {
        return Arguments.of(Named.of(broken.get().getClass().getSimpleName(), broken), by);
    }

    @ParameterizedTest(name = "{0} fails {1}")
    @MethodSource("broken")
    @DisplayName("each break is caught by the test that is meant for it, and by no other")
    void isCaughtByOneTest(Supplier<TckFixture> broken, String by, @TempDir Path reports) {
        BrokenTck.against(broken);
        Map<String, String> failed = new ConcurrentSkipListMap<>();
        int[] ended = new int[1];
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(selectClass(BrokenTck.class))
                                .filters(EngineFilter.includeEngines("junit-jupiter"))
                                .configurationParameter(
                                        TckReport.REPORT,
                                        reports.resolve("report.json").toString())
                                .configurationParameter(
                                        TckReport.DIRECTORY, fastest().toString())
                                .build(),
                        new TestExecutionListener() {
                            @Override
                            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                                result.getThrowable()
                                        .ifPresent(thrown -> failed.put(test.getDisplayName(), thrown.toString()));
                                ended[0] += test.isTest() ? 1 : 0;
                            }
                        });
        assertThat(failed).containsOnlyKeys(by + "()");
        assertThat(ended[0]).as("tests that ran").isGreaterThan(90);
    }

    /** In memory where the system has that: none of these breaks is about what reaches a disk. */
    private static Path fastest() {
        Path memory = Path.of("/dev/shm");
        return Files.isWritable(memory) ? memory : Path.of(System.getProperty("java.io.tmpdir"));
    }
}
