package io.resilver.transport.codec;

import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.Token;
import io.resilver.spi.model.VolumeId;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Optional;
import java.util.OptionalLong;

/** The words of Resilver as bytes, each with its reader beside its writer. */
final class Values {
    private static final int LEAST_ELEMENT_BYTES = 8 + 1 + 8;
    private static final int LEAST_ENTRY_BYTES = 8 + 8 + 4;

    private Values() {}

    static void write(ByteWriter out, ReplicaId replica) throws WireException {
        out.id(replica.volume().value());
        out.id(replica.name());
    }

    static ReplicaId replica(ByteReader in) throws WireException {
        return new ReplicaId(new VolumeId(in.id()), in.id());
    }

    static void write(ByteWriter out, Token token) throws WireException {
        out.id(token.incarnation().value());
        out.i64(token.epoch().number());
        out.id(token.epoch().mint().value());
        out.i64(token.session());
    }

    static Token token(ByteReader in) throws WireException {
        return new Token(new Incarnation(in.id()), new Epoch(in.i64(), new MintId(in.id())), in.i64());
    }

    static void write(ByteWriter out, StoreIdentity identity) throws WireException {
        out.id(identity.id().value());
        out.i64(identity.openCount());
    }

    static StoreIdentity storeIdentity(ByteReader in) throws WireException {
        return new StoreIdentity(new StoreId(in.id()), in.i64());
    }

    static void write(ByteWriter out, LineageElement element) throws WireException {
        out.i64(element.epoch());
        writeMint(out, element.mint());
        out.i64(element.firstLsn());
    }

    static LineageElement element(ByteReader in) throws WireException {
        return new LineageElement(in.i64(), mint(in), in.i64());
    }

    static void writeMint(ByteWriter out, Optional<MintId> mint) throws WireException {
        out.optional(mint, (o, m) -> o.id(m.value()));
    }

    static Optional<MintId> mint(ByteReader in) throws WireException {
        return in.optional(i -> new MintId(i.id()));
    }

    static void write(ByteWriter out, Lineage lineage) throws WireException {
        out.list(lineage.elements(), Values::write);
    }

    static Lineage lineage(ByteReader in) throws WireException {
        return new Lineage(in.list(LEAST_ELEMENT_BYTES, Values::element));
    }

    static void write(ByteWriter out, OptionalLong value) throws WireException {
        out.flag(value.isPresent());
        if (value.isPresent()) {
            out.i64(value.getAsLong());
        }
    }

    static OptionalLong optionalLong(ByteReader in) throws WireException {
        return in.flag() ? OptionalLong.of(in.i64()) : OptionalLong.empty();
    }

    static void write(ByteWriter out, ReplicaPosition position) throws WireException {
        out.i64(position.flushedLsn());
        out.i64(position.truncationFloorLsn());
        write(out, position.committedLsn());
        out.flag(position.usable());
        out.optional(position.lineage(), Values::write);
    }

    static ReplicaPosition position(ByteReader in) throws WireException {
        return new ReplicaPosition(in.i64(), in.i64(), optionalLong(in), in.flag(), in.optional(Values::lineage));
    }

    static void write(ByteWriter out, BaseDescriptor base) throws WireException {
        out.i64(base.lsn());
        write(out, base.lineage());
        out.i64(base.sizeBytes());
        out.i32(base.rangeBytes());
    }

    static BaseDescriptor base(ByteReader in) throws WireException {
        return new BaseDescriptor(in.i64(), lineage(in), in.i64(), in.i32());
    }

    static void write(ByteWriter out, EntryBatch batch) throws WireException {
        out.i64(batch.previous().lsn());
        out.i64(batch.previous().epoch());
        out.list(batch.writers(), Values::write);
        out.list(batch.entries(), (o, entry) -> {
            o.i64(entry.lsn());
            o.i64(entry.epoch());
            o.bytes(entry.payload());
        });
    }

    static EntryBatch batch(ByteReader in) throws WireException {
        EntryId previous = new EntryId(in.i64(), in.i64());
        var writers = in.list(LEAST_ELEMENT_BYTES, Values::element);
        var entries = in.list(LEAST_ENTRY_BYTES, i -> new LogEntry(i.i64(), i.i64(), i.bytes()));
        return new EntryBatch(previous, entries, writers);
    }

    static void write(ByteWriter out, BitSet set) throws WireException {
        out.bytes(ByteBuffer.wrap(set.toByteArray()));
    }

    static BitSet bitSet(ByteReader in) throws WireException {
        return BitSet.valueOf(in.bytes());
    }
}
