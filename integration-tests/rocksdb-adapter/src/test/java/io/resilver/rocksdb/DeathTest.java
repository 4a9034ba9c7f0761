package io.resilver.rocksdb;

import static io.resilver.rocksdb.Stores.writer;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.host.disk.FileDisk;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.StagedInstall;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * R16, R36: a process that dies at operations on its own files in turn, while a store is made, renamed, trimmed, or given a base.
 * What is there afterwards opens, and is what it was before or what it was to become.
 */
class DeathTest {
    private static final Epoch PROMISED = new Epoch(9, new MintId("m9"));
    private static final StoreIdentity NAMED = new StoreIdentity(new StoreId("named"), 2);

    /** Each operation by turns would take half a minute: every third one, or all of them in the long form. */
    private static final int STEP = Boolean.getBoolean("resilver.chaos") ? 1 : 3;

    @TempDir
    Path directory;

    private interface Act {
        void on(Stores stores) throws RecoveryException, IOException;
    }

    private interface Check {
        void on(Stores stores, boolean died) throws RecoveryException;
    }

    private void everywhere(String what, Act before, Act act, Check check) throws Exception {
        Path begun = directory.resolve(what);
        try (Stores stores = new Stores(begun)) {
            before.on(stores);
        }
        boolean died = true;
        for (int at = 0; died; at += STEP) {
            Path here = directory.resolve(what + at);
            Stores.copy(begun, here);
            DyingDisk disk = new DyingDisk();
            Stores dying = new Stores(here, Stores.QUIET, disk);
            disk.diesAfter(at);
            try {
                act.on(dying);
            } catch (RecoveryException dead) {
                assertThat(disk.isDead()).as("%s %d: %s", what, at, dead).isTrue();
            } finally {
                died = disk.isDead();
                disk.diesAfter(0);
                closeQuietly(dying);
            }
            try (Stores stores = new Stores(here)) {
                check.on(stores, died);
            }
            assertThat(at).as(what).isLessThan(500);
        }
    }

    private static void closeQuietly(Stores stores) {
        try {
            stores.close();
        } catch (RecoveryException dead) {
            assertThat(dead).isNotNull();
        }
    }

    @Test
    void required_R36_aStoreIsMadeWholeOrAnew() throws Exception {
        everywhere(
                "make",
                stores -> Files.createDirectories(stores.directory("a")),
                stores -> stores.open("a"),
                (stores, died) -> {
                    RocksStore a = stores.open("a");
                    assertThat(Stores.write(a, writer(1, 1), 0, 1)).isEqualTo(2);
                });
    }

    @Test
    void promiseAndIdentityAreOneOrTheOther() throws Exception {
        everywhere(
                "promise",
                stores -> Stores.write(stores.open("a"), writer(1, 1), 0, 1),
                stores -> {
                    RocksStore a = stores.open("a");
                    a.target().promise(PROMISED);
                    a.target().identify(NAMED);
                },
                (stores, died) -> {
                    RocksStore a = stores.open("a");
                    boolean promised = a.target().promise().equals(java.util.Optional.of(PROMISED));
                    boolean named = a.target().identity().equals(NAMED);
                    assertThat(promised || a.target().promise().isEmpty()).isTrue();
                    assertThat(died || (promised && named)).isTrue();
                    assertThat(promised || !named).as("in their order").isTrue();
                    assertThat(a.durableLsn()).isEqualTo(2);
                });
    }

    @Test
    void aTrimIsRecordedBeforeAFileGoes() throws Exception {
        everywhere(
                "trim",
                stores -> {
                    RocksStore a = stores.open("a");
                    for (int i = 0; i < 6; i++) {
                        Stores.write(a, writer(1, 1), i, 2);
                        a.checkpoint();
                    }
                },
                stores -> {
                    RocksStore a = stores.open("a");
                    a.trimTo(7);
                    a.trimTo(9);
                },
                (stores, died) -> {
                    RocksStore a = stores.open("a");
                    assertThat(a.source().history().tailLsn()).isIn(0L, 7L, 9L);
                    assertThat(died || a.source().history().tailLsn() == 9).isTrue();
                    assertThat(Stores.log(a, 9).get(0).entries()).hasSize(2);
                });
    }

    @Test
    void required_R16_aBaseIsInstalledWholeOrNotAtAll() throws Exception {
        Map<String, String> oldContent = new java.util.TreeMap<>();
        Map<String, String> newContent = new java.util.TreeMap<>();
        try (Stores other = new Stores(directory.resolve("source"))) {
            RocksStore source = other.open("s");
            for (int i = 0; i < 10; i++) {
                Stores.write(source, writer(1, 1), i, 3);
            }
            source.flush();
            newContent.putAll(Stores.content(source));
            try (BasePin pin = source.source().pinFullBase(1)) {
                BaseDescriptor base = Stores.cut(pin.base());
                everywhere(
                        "install",
                        stores -> {
                            RocksStore a = stores.open("a");
                            a.target().promise(PROMISED);
                            Stores.write(a, writer(2, 1), 77, 5);
                            a.flush();
                            oldContent.putAll(Stores.content(a));
                            try (StagedInstall install = a.target().beginInstall(base)) {
                                for (long range = 0; range < base.ranges(); range++) {
                                    install.write(range, Stores.range(pin, base, range));
                                }
                                install.flush();
                            }
                        },
                        stores -> {
                            try (StagedInstall install =
                                    stores.open("a").target().beginInstall(base)) {
                                install.commit();
                            }
                        },
                        (stores, died) -> {
                            RocksStore a = stores.open("a");
                            assertThat(a.target().promise()).contains(PROMISED);
                            boolean installed = a.durableLsn() == base.lsn();
                            assertThat(died || installed).isTrue();
                            assertThat(Stores.content(a)).isEqualTo(installed ? newContent : oldContent);
                            if (!installed) {
                                Stores.install(pin, a); // and it can go on
                            }
                            assertThat(a.target().position().lineage()).contains(base.lineage());
                            assertThat(Stores.content(a)).isEqualTo(newContent);
                            assertOneGeneration(stores.directory("a"));
                        });
            }
        }
    }

    private static void assertOneGeneration(Path store) {
        try {
            assertThat(new FileDisk().list(store))
                    .filteredOn(name -> name.startsWith("gen-"))
                    .hasSize(1);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
