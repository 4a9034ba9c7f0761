package io.resilver.tck;

import io.resilver.spi.storage.StorageAdapterProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Gives each test its bench, and writes the report of a run: a file of JSON with the names of the tests that passed, and of
 * those that passed by the refusal of what is not declared. A test that failed is in neither. Two configuration parameters of
 * JUnit, or system properties of the same names: {@value #SEED}, a whole number, repeats a run; {@value #REPORT} is the path of
 * the report, {@value #DEFAULT_REPORT} by default.
 */
public final class TckReport implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {
    /** The seed of all that is random; each run draws another one by default, and prints it. */
    public static final String SEED = "resilver.tck.seed";

    /** Where the report goes. */
    public static final String REPORT = "resilver.tck.report";

    /** Where it goes unless told otherwise, from the directory in which the tests run. */
    public static final String DEFAULT_REPORT = "target/resilver-tck.json";

    /** Where the tests work: a directory in which they make and remove their own. */
    public static final String DIRECTORY = "resilver.tck.directory";

    private static final int SCHEMA = 1;
    private static final ExtensionContext.Namespace HERE = ExtensionContext.Namespace.create(TckReport.class);
    /** By identity. */
    private static final Map<Object, TckBench> BENCHES = Collections.synchronizedMap(new IdentityHashMap<>());

    /** Made by JUnit. */
    public TckReport() {}

    /** What one run of a class of tests has shown so far. */
    private static final class Run {
        private final long seed;
        private final Set<String> passed = new TreeSet<>();
        private final Set<String> notDeclared = new TreeSet<>();
        private String adapter = "";
        private String adapterVersion = "";
        private String spiVersion = "";

        private final Random seeds;
        private Optional<Scenes> scenes = Optional.empty();

        private Run(long seed) {
            this.seed = seed;
            this.seeds = new Random(seed);
        }

        private long nextSeed() {
            return seeds.nextLong();
        }

        private Scenes scenes(Scenes.Benches benches) {
            Scenes all = scenes.orElseGet(() -> new Scenes(benches));
            scenes = Optional.of(all);
            return all;
        }

        private void end() throws Exception {
            if (scenes.isPresent()) {
                scenes.get().end();
            }
        }

        private void name(TckFixture fixture) {
            StorageAdapterProvider provider = fixture.provider();
            adapter = provider.name();
            adapterVersion = fixture.adapterVersion();
            spiVersion = provider.spiVersion().toString();
        }

        private String json() {
            return "{\"schemaVersion\":" + SCHEMA + ",\"adapter\":" + Json.text(adapter) + ",\"adapterVersion\":"
                    + Json.text(adapterVersion) + ",\"spiVersion\":" + Json.text(spiVersion) + ",\"seed\":" + seed
                    + ",\"passed\":" + Json.texts(passed) + ",\"notDeclared\":" + Json.texts(notDeclared) + "}\n";
        }
    }

    static TckBench benchOf(TckArea area) {
        TckBench bench = BENCHES.get(area);
        if (bench == null) {
            throw new IllegalStateException("there is a bench only while JUnit runs a test");
        }
        return bench;
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        long seed = context.getConfigurationParameter(SEED, Long::parseLong).orElseGet(() -> new Random().nextLong());
        System.out.println(context.getDisplayName() + ": the seed is " + seed + ", again with -D" + SEED + "=" + seed);
        context.getStore(HERE).put(Run.class, new Run(seed));
    }

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        Run run = run(context);
        TckArea area = (TckArea) context.getRequiredTestInstance();
        TckFixture fixture = area.fixture();
        run.name(fixture);
        // Each test has its own sequence, so that one alone does what it does among all.
        long seed = run.seed ^ context.getRequiredTestMethod().getName().hashCode();
        Scenes scenes = run.scenes(() -> new TckBench(fixture, directory(context), run.nextSeed()));
        BENCHES.put(area, new TckBench(fixture, directory(context), seed, scenes));
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        TckBench bench = BENCHES.remove(context.getRequiredTestInstance());
        if (bench == null) {
            return; // there was no directory for it: the test has failed
        }
        bench.end();
        if (context.getExecutionException().isEmpty()) {
            Run run = run(context);
            String name = context.getRequiredTestMethod().getName();
            (bench.isNotDeclared() ? run.notDeclared : run.passed).add(name);
        }
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        run(context).end();
        Optional<String> wanted = context.getConfigurationParameter(REPORT);
        Path report = Path.of(wanted.orElse(DEFAULT_REPORT)).toAbsolutePath();
        Files.createDirectories(report.getParent());
        Files.writeString(report, run(context).json());
    }

    private static Path directory(ExtensionContext context) throws IOException {
        Path within = Path.of(
                context.getConfigurationParameter(DIRECTORY).orElseGet(() -> System.getProperty("java.io.tmpdir")));
        return Files.createTempDirectory(within, "resilver-tck-").toRealPath();
    }

    private static Run run(ExtensionContext context) {
        return context.getStore(HERE).get(Run.class, Run.class);
    }
}
