package io.resilver.host;

import static io.resilver.coordination.Ensemble.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.Ensemble;
import io.resilver.coordination.HostNode;
import io.resilver.coordination.TakeOverPace;
import io.resilver.coordination.VolumeRecord;
import io.resilver.engine.EpochLimit;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.MintId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What a host does with one volume that it may lead, as sessions, records and terms come and go. */
class LeadLoopTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final Duration AT_ONCE = Duration.ofMillis(1);
    private static final Duration NEVER = Duration.ofHours(1);

    @TempDir
    Path directory;

    private Ensemble ensemble;

    @BeforeEach
    void start() throws Exception {
        ensemble = new Ensemble(directory);
    }

    @AfterEach
    void stop() {
        ensemble.close();
    }

    /** The wait that the watch has after {@code terms} terms have been stopped. */
    private static Duration waitAfterTerms(LoopFixture host, int terms, boolean committing) throws Exception {
        Duration wait = Duration.ZERO;
        for (int i = 0; i < terms; i++) {
            Leadership term = get(host.loop.lead());
            if (committing) {
                get(term.whenCommitted(0));
            }
            host.replica.stopLeading("a test of term " + i);
            get(term.ended());
            await().atMost(PATIENCE).until(() -> !host.nextTry().equals(Optional.of(Duration.ZERO)));
            wait = host.nextTry().orElseThrow();
            host.pass(wait);
        }
        return wait;
    }

    @Test
    @DisplayName("R33 R39: terms that commit nothing back off longer each time, however often they get ready")
    void backsOffUntilSomethingIsCommitted() throws Exception {
        try (LoopFixture host = new LoopFixture(ensemble, NEVER)) {
            assertThat(waitAfterTerms(host, 3, false)).isEqualTo(LoopFixture.FIRST_BACK_OFF.multipliedBy(4));
        }
    }

    @Test
    @DisplayName("R39: a term that has committed something lets the next failure wait the first back-off again")
    void aCommitEndsTheBackOff() throws Exception {
        try (LoopFixture host = new LoopFixture(ensemble, AT_ONCE)) {
            host.failedBefore();
            host.failedBefore();
            host.pass(LoopFixture.FIRST_BACK_OFF.multipliedBy(2));
            assertThat(waitAfterTerms(host, 2, true)).isEqualTo(LoopFixture.FIRST_BACK_OFF);
        }
    }

    @Test
    @DisplayName("R35: another mint that is read in the record ends the term by a compare-and-set")
    void anotherMintDeposes() throws Exception {
        try (LoopFixture host = new LoopFixture(ensemble, AT_ONCE)) {
            Leadership term = get(host.loop.lead());
            Epoch other = new Epoch(term.epoch().number() + 5, new MintId("other"));
            host.rewrite(record -> with(record, other, record.primary()));
            host.loop.recordDoubted();
            assertThat(get(term.ended())).contains("the record has epoch " + other);
            assertThat(host.record().epoch()).isEqualTo(other);
        }
    }

    private static VolumeRecord with(VolumeRecord record, Epoch epoch, Optional<HostNode> primary) {
        return new VolumeRecord(
                record.volume(),
                record.incarnation(),
                epoch,
                primary,
                record.configuration() + 1,
                record.replicas(),
                record.inSync(),
                record.leastInSync());
    }

    private void newSession(LoopFixture host) throws Exception {
        HostNode before = host.session.node().orElseThrow();
        ensemble.expire(before.session());
        await().atMost(PATIENCE)
                .until(() ->
                        host.session.node().filter(now -> !now.equals(before)).isPresent());
    }

    @Test
    @DisplayName("R38: a term is confirmed in a new session, also when the first tries find no node again")
    void confirmsUntilItIsKnown() throws Exception {
        try (LoopFixture host = new LoopFixture(ensemble, AT_ONCE)) {
            Leadership term = get(host.loop.lead());
            host.store.loseNode(2);
            newSession(host);
            await().atMost(PATIENCE).until(() -> host.record().primary().equals(host.session.node()));
            assertThat(host.store.toLose()).isZero();
            assertThat(term.ended().toCompletableFuture()).isNotDone();
            assertThat(host.record().epoch()).isEqualTo(term.epoch());
        }
    }

    @Test
    @DisplayName("R38: a mint whose answer comes in a later session is confirmed there, under its own epoch")
    void confirmsAMintOfTheSessionBefore() throws Exception {
        try (LoopFixture host = new LoopFixture(ensemble, AT_ONCE)) {
            host.store.holdAnswers();
            CompletionStage<Leadership> led = host.loop.lead();
            get(host.store.applied());
            Epoch minted = host.record().epoch();
            newSession(host);
            host.store.letGo();
            await().atMost(PATIENCE).until(() -> host.record().primary().equals(host.session.node()));
            Leadership term = get(led);
            assertThat(term.epoch()).isEqualTo(minted);
            assertThat(host.record().epoch()).isEqualTo(minted);
        }
    }

    @Test
    @DisplayName("R39: a mint whose answer comes while the host closes is resigned: the record names no closed host")
    void resignsAMintThatComesLate() throws Exception {
        try (LoopFixture host = new LoopFixture(ensemble, AT_ONCE)) {
            host.store.holdAnswers();
            host.loop.lead();
            get(host.store.applied());
            CompletableFuture<Void> closed = host.loop.close("a test").toCompletableFuture();
            host.store.letGo();
            get(closed);
            assertThat(host.record().primary()).isEmpty();
            assertThat(host.terms).isEmpty();
        }
    }

    @Test
    @DisplayName("R12 R32: a term whose leader cannot be made is over, and the volume is led at the next try")
    void aLeaderThatCannotBeMadeEndsTheTerm() throws Exception {
        try (LoopFixture host = new LoopFixture(ensemble, AT_ONCE)) {
            host.broken.set(1);
            CompletionStage<Leadership> led = host.loop.lead();
            await().atMost(PATIENCE).until(() -> host.nextTry().equals(Optional.of(LoopFixture.FIRST_BACK_OFF)));
            assertThat(led.toCompletableFuture()).isNotDone();
            host.pass(LoopFixture.FIRST_BACK_OFF);
            host.loop.hostsSeen(Set.of(host.session.node().orElseThrow()));
            assertThat(get(led).epoch().number()).isEqualTo(3);
            assertThat(host.pace.load()).isZero();
        }
    }

    @Test
    @DisplayName("R2: whoever has seen the end of a term does not enter the store's gate under it any more")
    void theGateClosesWithTheTerm() throws Exception {
        try (LoopFixture host = new LoopFixture(ensemble, AT_ONCE)) {
            Leadership term = get(host.loop.lead());
            term.enter().close();
            host.replica.stopLeading("a test");
            get(term.ended());
            assertThatThrownBy(() -> term.enter().close()).isInstanceOf(FencedException.class);
        }
    }

    @Test
    @DisplayName("R39: before it mints it reads the record once more: a primary that has come meanwhile keeps its term")
    void readsOnceMoreBeforeItMints() throws Exception {
        try (LoopFixture host = new LoopFixture(ensemble, AT_ONCE);
                CoordinationStore other = ensemble.client("loop")) {
            HostNode another = get(other.openHostNode(new HostId("other"), new byte[0]));
            host.failedBefore();
            CompletionStage<Leadership> led = host.loop.lead();
            await().atMost(PATIENCE).until(() -> host.nextTry().isPresent());
            host.rewrite(record -> with(record, new Epoch(7, new MintId("other")), Optional.of(another)));
            host.pass(LoopFixture.FIRST_BACK_OFF);
            host.loop.hostsSeen(Set.of(host.session.node().orElseThrow(), another));
            await().atMost(PATIENCE).until(() -> !host.nextTry().equals(Optional.of(Duration.ZERO)));
            assertThat(host.record().epoch().number()).isEqualTo(7);
            assertThat(host.record().primary()).contains(another);
            assertThat(led.toCompletableFuture()).isNotDone();
            assertThat(host.pace.load()).isZero();
        }
    }

    @Test
    @DisplayName(
            "R39: nobody is taken for gone while the hosts cannot be read: a primary that has just come keeps its term")
    void mintsNothingWhileTheHostsCannotBeRead() throws Exception {
        try (LoopFixture host = new LoopFixture(ensemble, AT_ONCE);
                CoordinationStore other = ensemble.client("loop")) {
            host.failedBefore();
            CompletionStage<Leadership> led = host.loop.lead();
            await().atMost(PATIENCE).until(() -> host.nextTry().isPresent());
            host.store.hostsUnreadable(true);
            HostNode another = get(other.openHostNode(new HostId("other"), new byte[0]));
            host.rewrite(record -> with(record, new Epoch(7, new MintId("other")), Optional.of(another)));
            int before = host.store.failedReadings();
            host.pass(LoopFixture.FIRST_BACK_OFF);
            host.loop.hostsSeen(Set.of(host.session.node().orElseThrow()));
            await().atMost(PATIENCE)
                    .until(() -> host.store.failedReadings() > before + 3
                            || host.record().epoch().number() > 7);
            assertThat(host.record().primary()).contains(another);
            host.store.hostsUnreadable(false);
            await().atMost(PATIENCE)
                    .until(() -> host.pace.load() == 0 && !host.nextTry().equals(Optional.of(Duration.ZERO)));
            assertThat(host.record().epoch().number()).isEqualTo(7);
            assertThat(led.toCompletableFuture()).isNotDone();
        }
    }

    @Test
    @DisplayName("R40: a take-over waits for its turn, and a volume that closes meanwhile takes none")
    void waitsForItsTurn() throws Exception {
        try (LoopFixture host = new LoopFixture(ensemble, AT_ONCE)) {
            AtomicReference<TakeOverPace.Turn> other = new AtomicReference<>();
            host.pace.enter(Runnable::run, other::set);
            host.loop.lead();
            await().atMost(PATIENCE)
                    .until(() -> host.pace.load() == 3); // beside the test's own: a look, and the take-over
            assertThat(host.record().primary()).isEmpty();
            get(host.loop.close("a test"));
            other.get().leave();
            await().atMost(PATIENCE).until(() -> host.pace.load() == 0);
            assertThat(host.record().primary()).isEmpty();
            assertThat(host.terms).isEmpty();
        }
    }

    /** The loop waits for a primary that is there and is not doubted: it looks at nothing by itself any more. */
    private static void waitsFor(LoopFixture host, HostNode primary) throws Exception {
        await().atMost(PATIENCE).until(() -> host.session.liveHosts().contains(primary));
        host.rewrite(record -> with(record, new Epoch(7, new MintId("first")), Optional.of(primary)));
        host.loop.lead();
        await().atMost(PATIENCE).until(() -> host.nextTry().equals(Optional.of(LoopFixture.SILENCE)));
        await().atMost(PATIENCE).until(() -> host.pace.load() == 0);
    }

    @Test
    @DisplayName(
            "R39: a lost connection of a host that does not lead by the record seen is looked into at once: it may lead by now")
    void aLostLinkIsLookedInto() throws Exception {
        try (LoopFixture host = new LoopFixture(ensemble, AT_ONCE);
                CoordinationStore other = ensemble.client("loop")) {
            HostNode first = get(other.openHostNode(new HostId("first"), new byte[0]));
            HostNode second = get(other.openHostNode(new HostId("second"), new byte[0]));
            await().atMost(PATIENCE).until(() -> host.session.liveHosts().contains(second));
            waitsFor(host, first);
            host.rewrite(record -> with(record, new Epoch(8, new MintId("second")), Optional.of(second)));
            AtomicReference<TakeOverPace.Turn> own = new AtomicReference<>();
            host.pace.enter(Runnable::run, own::set); // so that it can be seen who wants a turn
            host.loop.linkLost(first.host());
            assertThat(host.nextTry()).contains(LoopFixture.LINK_GRACE);
            assertThat(host.pace.load())
                    .as("the primary by the record seen: its grace is waited for")
                    .isOne();
            host.loop.linkLost(second.host());
            host.nextTry(); // on the strand, after it
            assertThat(host.pace.load()).as("a look").isEqualTo(2);
            own.get().leave();
            await().atMost(PATIENCE).until(() -> host.record().epoch().number() == 8 && host.pace.load() == 0);
        }
    }

    @Test
    @DisplayName(
            "R39, R40: who sees in its turn that the primary has resigned takes over in that turn, before the next in line")
    void takesOverInTheTurnInWhichItSaw() throws Exception {
        try (LoopFixture host = new LoopFixture(ensemble, AT_ONCE);
                CoordinationStore other = ensemble.client("loop")) {
            waitsFor(host, get(other.openHostNode(new HostId("first"), new byte[0])));
            host.rewrite(record -> with(record, record.epoch(), Optional.empty()));
            AtomicReference<TakeOverPace.Turn> own = new AtomicReference<>();
            host.pace.enter(Runnable::run, own::set);
            host.loop.recordDoubted();
            host.nextTry(); // on the strand, after it
            assertThat(host.pace.load()).as("a look").isEqualTo(2);
            CompletableFuture<VolumeRecord> seenByTheNext = new CompletableFuture<>();
            host.pace.enter(
                    Runnable::run,
                    turn -> host.reading().whenComplete((record, failure) -> {
                        seenByTheNext.complete(record);
                        turn.leave();
                    }));
            own.get().leave();
            assertThat(get(seenByTheNext).primary()).isEqualTo(host.session.node());
        }
    }

    @Test
    @DisplayName(
            "R42: the next mint exceeds a promise that was met, and one beyond belief does not stop the take-overs")
    void anAbsurdPromiseStopsNothing() throws Exception {
        try (LoopFixture host = new LoopFixture(ensemble, AT_ONCE)) {
            host.loop.promiseMet(40);
            host.loop.promiseMet(Long.MAX_VALUE);
            host.loop.promiseMet(EpochLimit.HIGHEST + 1);
            assertThat(get(host.loop.lead()).epoch().number()).isEqualTo(41);
        }
    }

    @Test
    @DisplayName(
            "R21: callers that wait for a term are bounded, the one too many hears so, and the others are answered")
    void callersThatWaitAreBounded() throws Exception {
        try (LoopFixture host = new LoopFixture(ensemble, AT_ONCE)) {
            host.failedBefore();
            List<CompletionStage<Leadership>> waiting = new ArrayList<>();
            for (int i = 0; i < Callers.MOST_WAITING; i++) {
                waiting.add(host.loop.lead());
            }
            assertThatThrownBy(() -> get(host.loop.lead()))
                    .hasCauseInstanceOf(ResourceExhaustedException.class)
                    .hasMessageContaining("wait already");
            assertThat(waiting).noneMatch(each -> each.toCompletableFuture().isDone());
            host.pass(LoopFixture.FIRST_BACK_OFF);
            host.loop.hostsSeen(Set.of(host.session.node().orElseThrow()));
            Leadership term = get(waiting.get(0));
            for (CompletionStage<Leadership> each : waiting) {
                assertThat(get(each)).isSameAs(term);
            }
            assertThat(get(host.loop.lead())).isSameAs(term);
        }
    }

    @Test
    @DisplayName("R21: callers that gave up waiting are in nobody's way")
    void callersThatGaveUpAreForgotten() throws Exception {
        try (LoopFixture host = new LoopFixture(ensemble, AT_ONCE)) {
            host.failedBefore();
            for (int i = 0; i < Callers.MOST_WAITING; i++) {
                host.loop.lead().toCompletableFuture().cancel(false);
            }
            CompletionStage<Leadership> led = host.loop.lead();
            host.pass(LoopFixture.FIRST_BACK_OFF);
            host.loop.hostsSeen(Set.of(host.session.node().orElseThrow()));
            assertThat(get(led).epoch().number()).isEqualTo(2);
        }
    }

    @Test
    @DisplayName("R39: where everybody gave up waiting no term is tried for: the others may have it")
    void nobodyIsLedFor() throws Exception {
        try (LoopFixture host = new LoopFixture(ensemble, AT_ONCE)) {
            host.failedBefore();
            host.loop.lead().toCompletableFuture().cancel(false);
            host.pass(LoopFixture.FIRST_BACK_OFF);
            host.loop.hostsSeen(Set.of(host.session.node().orElseThrow()));
            assertThat(host.nextTry()).as("after what was seen").contains(Duration.ZERO);
            await().atMost(PATIENCE).until(() -> host.pace.load() == 0); // what was under way has come to its end
            assertThat(host.record().primary()).isEmpty();
        }
    }

    @Test
    @DisplayName("R39: a term that is won for nobody any more is handed over, and the next who asks gets another")
    void aTermThatNobodyTakes() throws Exception {
        try (LoopFixture host = new LoopFixture(ensemble, AT_ONCE)) {
            host.failedBefore();
            CompletableFuture<Leadership> led = host.loop.lead().toCompletableFuture();
            host.atPromise(() -> led.cancel(false));
            host.pass(LoopFixture.FIRST_BACK_OFF);
            host.loop.hostsSeen(Set.of(host.session.node().orElseThrow()));
            await().atMost(PATIENCE)
                    .until(() -> host.record().epoch().number() == 2
                            && host.record().primary().isEmpty());
            host.pass(LoopFixture.FIRST_BACK_OFF.multipliedBy(2));
            assertThat(get(host.loop.lead()).epoch().number()).isEqualTo(3);
        }
    }

    @Test
    @DisplayName("R42 R4: a term whose record was put back under its own session goes on from the numbers it has seen")
    void aRecordThatWasPutBack() throws Exception {
        try (LoopFixture host = new LoopFixture(ensemble, AT_ONCE)) {
            get(host.loop.lead());
            long seen = host.record().configuration();
            host.rewrite(now -> new VolumeRecord(
                    now.volume(),
                    now.incarnation(),
                    now.epoch(),
                    now.primary(),
                    seen - 1,
                    now.replicas(),
                    now.inSync(),
                    now.leastInSync()));
            host.loop.recordDoubted();
            await().atMost(PATIENCE).until(() -> host.record().configuration() > seen);
        }
    }

    @Test
    @DisplayName(
            "R32: who asks to lead as soon as a term has ended waits for the next one, and does not get the one that ended")
    void whoAsksAtTheEndGetsTheNextTerm() throws Exception {
        try (LoopFixture host = new LoopFixture(ensemble, AT_ONCE)) {
            Leadership term = get(host.loop.lead());
            CompletionStage<Leadership> next = term.ended().thenCompose(why -> host.loop.lead());
            host.replica.stopLeading("a test");
            await().atMost(PATIENCE).until(() -> host.nextTry().equals(Optional.of(LoopFixture.FIRST_BACK_OFF)));
            host.pass(LoopFixture.FIRST_BACK_OFF);
            host.loop.hostsSeen(Set.of(host.session.node().orElseThrow()));
            assertThat(get(next).epoch().number()).isGreaterThan(term.epoch().number());
        }
    }

    @Test
    @DisplayName("R32: why a take-over comes to nothing is told, once for each reason and not once for each try")
    void aFailureIsTold() throws Exception {
        Logger logger = (Logger) LoggerFactory.getLogger(TakeOverTries.class);
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.list = new CopyOnWriteArrayList<>();
        lines.start();
        logger.addAppender(lines);
        try (LoopFixture host = new LoopFixture(ensemble, AT_ONCE)) {
            host.refusesPromises("the disk is full");
            CompletionStage<Leadership> led = host.loop.lead();
            for (int tries = 1; tries <= 3; tries++) {
                Duration backOff = LoopFixture.FIRST_BACK_OFF.multipliedBy(1L << (tries - 1));
                await().atMost(PATIENCE).until(() -> host.nextTry().equals(Optional.of(backOff)));
                host.pass(backOff);
                host.loop.hostsSeen(Set.of(host.session.node().orElseThrow()));
            }
            host.refusesPromises("");
            await().atMost(PATIENCE).until(() -> {
                host.pass(LoopFixture.FIRST_BACK_OFF);
                host.loop.hostsSeen(Set.of(host.session.node().orElseThrow()));
                return led.toCompletableFuture().isDone();
            });
        } finally {
            logger.detachAppender(lines);
        }
        assertThat(lines.list)
                .filteredOn(each -> each.getLevel() == Level.WARN)
                .singleElement()
                .satisfies(
                        each -> assertThat(each.getKeyValuePairs().toString()).contains("the disk is full"));
    }

    @Test
    @DisplayName("R43: a host that is refused for good tells whoever waits for a term, and whoever asks later")
    void aRefusalIsTold() throws Exception {
        try (LoopFixture host = new LoopFixture(ensemble, AT_ONCE)) {
            host.failedBefore();
            CompletableFuture<Leadership> waiting = host.loop.lead().toCompletableFuture();
            PermanentException refused = new PermanentException("no access to this host's node");
            host.loop.denied(refused);
            assertThatThrownBy(() -> get(waiting)).hasRootCause(refused);
            assertThatThrownBy(() -> get(host.loop.lead())).hasRootCause(refused);
        }
    }
}
