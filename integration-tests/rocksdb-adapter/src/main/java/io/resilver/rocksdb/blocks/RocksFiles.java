package io.resilver.rocksdb.blocks;

import io.resilver.host.engine.HostStoreFiles;
import io.resilver.rocksdb.RocksStoreReader;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.OptionalLong;

/** The blocks in a store's files. Every key is looked at: each is where its block belongs, and what is between is zeros. */
final class RocksFiles implements HostStoreFiles {
    private final RocksStoreReader reader;

    RocksFiles(Path directory) {
        this.reader = new RocksStoreReader(directory);
    }

    @Override
    public long durableLsn() throws RecoveryException {
        return reader.latest();
    }

    @Override
    public String sha256(OptionalLong upToLsn) throws RecoveryException {
        Sum sum = new Sum();
        long lsn = reader.scan(sum::add);
        if (lsn != upToLsn.orElse(lsn)) {
            throw new PermanentException(
                    "the files have the volume at LSN " + lsn + ", and LSN " + upToLsn.getAsLong() + " was asked for");
        }
        return HexFormat.of().formatHex(sum.digest.digest());
    }

    private static final class Sum {
        private static final byte[] ZEROS = new byte[1 << 16];

        private final MessageDigest digest;
        private long end;

        Sum() {
            try {
                digest = MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java platform has SHA-256", e);
            }
        }

        void add(ByteBuffer key, ByteBuffer value) throws PermanentException {
            long offset = BlockKeys.offset(key, value);
            while (end < offset) {
                int zeros = (int) Math.min(ZEROS.length, offset - end);
                digest.update(ZEROS, 0, zeros);
                end += zeros;
            }
            end += value.remaining();
            digest.update(value);
        }
    }
}
