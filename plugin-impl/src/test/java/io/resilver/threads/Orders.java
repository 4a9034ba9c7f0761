package io.resilver.threads;

import java.util.function.UnaryOperator;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.util.LoggingLevel;

/**
 * Runs operations of a class that threads share in many orders of their steps: two threads, some operations each, before and
 * after them some more, all drawn the same way every time. It switches threads wherever they touch shared memory or a lock,
 * and expects answers that one thread could have had, too. What it does not see is a memory that shows threads old values: for
 * that there are locks, volatile fields and the tests with real contention.
 */
public final class Orders {
    private static final boolean LONG = Boolean.getBoolean("resilver.chaos");
    /** Drawn operations; each in so many orders at most. */
    private static final int SCENARIOS = LONG ? 100 : 20;

    private static final int ORDERS = LONG ? 1_000 : 80;

    private Orders() {}

    /**
     * Checks a class against itself, run by one thread; for operations whose answers say nothing, it only looks at what they
     * validate.
     *
     * @param operations a class whose operations are annotated
     */
    public static void check(Class<?> operations) {
        check(operations, options -> options);
    }

    /**
     * Checks a class against a model.
     *
     * @param operations a class whose operations are annotated
     * @param model the same operations, without any care for threads
     */
    public static void check(Class<?> operations, Class<?> model) {
        check(operations, options -> options.sequentialSpecification(model));
    }

    private static void check(Class<?> operations, UnaryOperator<ModelCheckingOptions> more) {
        more.apply(new ModelCheckingOptions()
                        .logLevel(LoggingLevel.ERROR)
                        .iterations(SCENARIOS)
                        .invocationsPerIteration(ORDERS)
                        .threads(2)
                        .actorsPerThread(2)
                        .actorsBefore(1)
                        .actorsAfter(1)
                        .addGuarantee(ManagedStrategyGuaranteeKt.forClasses(Orders::isNotShared)
                                .allMethods()
                                .ignore()))
                .check(operations);
    }

    /**
     * Values that never change, and logs: nothing of a class under test depends on when a thread is in them. No interface that a
     * class under test implements: what is called through it would run without its locks being seen.
     */
    private static boolean isNotShared(String name) {
        return name.startsWith("io.resilver.spi.model.")
                || name.startsWith("io.resilver.spi.error.")
                || name.startsWith("org.slf4j.")
                || name.startsWith("ch.qos.logback.");
    }
}
