package io.resilver.host.volume.meta;

import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.MintId;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Writes and reads the values that documents are made of. */
public final class Fields {
    private Fields() {}

    /** Fills a document. */
    @FunctionalInterface
    public interface Filling {
        /**
         * Writes the fields.
         *
         * @param out where to
         */
        void into(DataOutputStream out) throws IOException;
    }

    /**
     * Collects fields.
     *
     * @param filling writes them
     * @return their bytes
     */
    public static byte[] bytes(Filling filling) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            filling.into(out);
        }
        return bytes.toByteArray();
    }

    static void text(DataOutputStream out, Optional<String> value) throws IOException {
        out.writeBoolean(value.isPresent());
        if (value.isPresent()) {
            byte[] bytes = value.get().getBytes(StandardCharsets.UTF_8);
            out.writeInt(bytes.length);
            out.write(bytes);
        }
    }

    static Optional<String> text(ByteBuffer in) {
        if (in.get() == 0) {
            return Optional.empty();
        }
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new BufferUnderflowException(); // before a damaged length can make us take the memory
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return Optional.of(new String(bytes, StandardCharsets.UTF_8));
    }

    static void number(DataOutputStream out, OptionalLong value) throws IOException {
        out.writeBoolean(value.isPresent());
        if (value.isPresent()) {
            out.writeLong(value.getAsLong());
        }
    }

    static OptionalLong number(ByteBuffer in) {
        return in.get() == 0 ? OptionalLong.empty() : OptionalLong.of(in.getLong());
    }

    static void entry(DataOutputStream out, EntryId id) throws IOException {
        out.writeLong(id.lsn());
        out.writeLong(id.epoch());
    }

    static EntryId entry(ByteBuffer in) {
        return new EntryId(in.getLong(), in.getLong());
    }

    static void lineage(DataOutputStream out, Lineage lineage) throws IOException {
        out.writeInt(lineage.elements().size());
        for (LineageElement element : lineage.elements()) {
            out.writeLong(element.epoch());
            text(out, element.mint().map(MintId::value));
            out.writeLong(element.firstLsn());
        }
    }

    static Lineage lineage(ByteBuffer in) {
        int size = in.getInt();
        List<LineageElement> elements = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            elements.add(new LineageElement(in.getLong(), text(in).map(MintId::new), in.getLong()));
        }
        return new Lineage(elements);
    }

    /**
     * Writes which base image it is.
     *
     * @param out where to
     * @param base the base
     */
    public static void base(DataOutputStream out, BaseDescriptor base) throws IOException {
        out.writeLong(base.lsn());
        lineage(out, base.lineage());
        out.writeLong(base.sizeBytes());
        out.writeInt(base.rangeBytes());
    }

    /**
     * Reads which base image it is.
     *
     * @param in where from
     * @return the base
     */
    public static BaseDescriptor base(ByteBuffer in) {
        return new BaseDescriptor(in.getLong(), lineage(in), in.getLong(), in.getInt());
    }
}
