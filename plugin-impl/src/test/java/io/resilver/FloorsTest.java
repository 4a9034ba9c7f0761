package io.resilver;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.Timer;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.stream.Stream;

/**
 * Holds the floors of the house (section 2 of the design): a package imports only from lower ones, and what the simulation
 * must be able to replace, it can.
 */
@AnalyzeClasses(packages = "io.resilver", importOptions = ImportOption.DoNotIncludeTests.class)
class FloorsTest {
    /** From the ground up. The SPI lies below all of them. */
    private static final List<String> FLOORS =
            List.of("runtime", "engine", "coordination", "replica", "execution", "host", "transport", "plugin");

    /** The rooms at the edge, where threads are started: real time, real sockets, a real ensemble. */
    private static final String[] EDGE = {
        "io.resilver.plugin..",
        "io.resilver.transport..",
        "io.resilver.coordination.curator..",
        "io.resilver.coordination.server.."
    };

    /** Their plain form, or one that is given no executor, runs on threads of the JDK's own. */
    private static final Set<String> TIMEOUTS = Set.of("orTimeout", "completeOnTimeout", "delayedExecutor");

    @ArchTest
    void aPackageImportsOnlyFromLowerFloors(JavaClasses classes) {
        for (int floor = 0; floor < FLOORS.size(); floor++) {
            String[] higher = FLOORS.subList(floor + 1, FLOORS.size()).stream()
                    .map(each -> "io.resilver." + each + "..")
                    .toArray(String[]::new);
            noClasses()
                    .that()
                    .resideInAPackage("io.resilver." + FLOORS.get(floor) + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(higher)
                    .because("floors are " + FLOORS + ", from the ground up")
                    .allowEmptyShould(true)
                    .check(classes);
        }
    }

    @ArchTest
    static final ArchRule theSpiKnowsNothingOfThePlugin = noClasses()
            .that()
            .resideInAPackage("io.resilver.spi..")
            .should()
            .dependOnClassesThat()
            .resideOutsideOfPackages("io.resilver.spi..", "java..")
            .because("a host compiles against it alone");

    @ArchTest
    static final ArchRule everyClassIsOnAFloor = noClasses()
            .should()
            .resideOutsideOfPackages(floorsAndSpi())
            .because("a package that is on no floor is held by no rule");

    @ArchTest
    static final ArchRule onlyTwoRoomsAndTheWiringKnowZooKeeper = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "io.resilver.coordination.curator..", "io.resilver.coordination.server..", "io.resilver.plugin..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.curator..", "org.apache.zookeeper..", "org.apache.jute..")
            .because("the rest works on a CoordinationStore, which the simulation lends");

    @ArchTest
    static final ArchRule onlyTransportKnowsNetty = noClasses()
            .that()
            .resideOutsideOfPackage("io.resilver.transport..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.netty..")
            .because("the rest works on a link, which the simulation lends");

    @ArchTest
    static final ArchRule onlyThePluginKnowsTheMetricRegistry = noClasses()
            .that()
            .resideOutsideOfPackage("io.resilver.plugin..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.codahale..")
            .because("the registry is the host's");

    @ArchTest
    static final ArchRule onlyTheEdgeStartsThreads = noClasses()
            .that()
            .resideOutsideOfPackages(EDGE)
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(
                    Thread.class,
                    Executors.class,
                    ThreadPoolExecutor.class,
                    ScheduledThreadPoolExecutor.class,
                    ForkJoinPool.class,
                    Timer.class)
            .because("a HostRuntime lends executors and timers");

    @ArchTest
    static final ArchRule nobodyUsesTheJdksOwnThreads = noClasses()
            .should()
            .accessTargetWhere(describe("runs on the JDK's own threads", FloorsTest::runsOnTheJdksThreads))
            .because("such a task escapes the runtime that the simulation lends");

    @ArchTest
    static final ArchRule onlyThePluginReadsTheMachinesClock = noClasses()
            .that()
            .resideOutsideOfPackage("io.resilver.plugin..")
            .should()
            .accessTargetWhere(calls(System.class, "nanoTime", "currentTimeMillis"))
            .orShould()
            .accessTargetWhere(calls(Instant.class, "now"))
            .orShould()
            .accessTargetWhere(calls(Clock.class, "systemUTC", "systemDefaultZone", "system"))
            .because("time comes in as a MonotonicClock");

    @ArchTest
    static final ArchRule nobodyAsksForTheTimeOfDay = noClasses()
            .should()
            .accessTargetWhere(calls(System.class, "currentTimeMillis"))
            .orShould()
            .accessTargetWhere(calls(Instant.class, "now"))
            .orShould()
            .accessTargetWhere(calls(Clock.class, "systemUTC", "systemDefaultZone", "system"))
            .because("people and services set it while hosts run");

    @ArchTest
    static final ArchRule onlyThePluginThrowsDice = noClasses()
            .that()
            .resideOutsideOfPackage("io.resilver.plugin..")
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(Random.class, SecureRandom.class, ThreadLocalRandom.class)
            .orShould()
            .accessTargetWhere(calls(UUID.class, "randomUUID"))
            .orShould()
            .accessTargetWhere(calls(Math.class, "random"))
            .because("randomness comes in as a RandomGenerator, so that a seed replays a run");

    private static String[] floorsAndSpi() {
        return Stream.concat(FLOORS.stream(), Stream.of("spi"))
                .map(each -> "io.resilver." + each + "..")
                .toArray(String[]::new);
    }

    private static DescribedPredicate<JavaAccess<?>> calls(Class<?> owner, String... names) {
        Set<String> named = Set.of(names);
        return describe(
                owner.getSimpleName() + "." + named,
                access -> access.getTargetOwner().isEquivalentTo(owner) && named.contains(access.getName()));
    }

    private static boolean runsOnTheJdksThreads(JavaAccess<?> access) {
        boolean future = access.getTargetOwner().isEquivalentTo(CompletableFuture.class)
                || access.getTargetOwner().isEquivalentTo(CompletionStage.class);
        if (!future || !(access.getTarget() instanceof CodeUnitAccessTarget code)) {
            return false;
        }
        boolean ownExecutor =
                code.getRawParameterTypes().stream().anyMatch(type -> type.isEquivalentTo(Executor.class));
        return TIMEOUTS.contains(access.getName()) || (access.getName().endsWith("Async") && !ownExecutor);
    }
}
