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

    /**
     * Writes a text that may be missing.
     *
     * @param out where to
     * @param value the text, or empty
     */
    public static void text(DataOutputStream out, Optional<String> value) throws IOException {
        out.writeBoolean(value.isPresent());
        if (value.isPresent()) {
            byte[] bytes = value.get().getBytes(StandardCharsets.UTF_8);
            out.writeInt(bytes.length);
            out.write(bytes);
        }
    }

    /**
     * Reads a text that may be missing.
     *
     * @param in where from
     * @return the text, or empty
     */
    public static Optional<String> text(ByteBuffer in) {
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

    /**
     * Writes a number that may be missing.
     *
     * @param out where to
     * @param value the number, or empty
     */
    public static void number(DataOutputStream out, OptionalLong value) throws IOException {
        out.writeBoolean(value.isPresent());
        if (value.isPresent()) {
            out.writeLong(value.getAsLong());
        }
    }

    /**
     * Reads a number that may be missing.
     *
     * @param in where from
     * @return the number, or empty
     */
    public static OptionalLong number(ByteBuffer in) {
        return in.get() == 0 ? OptionalLong.empty() : OptionalLong.of(in.getLong());
    }

    /**
     * Writes which entry it is.
     *
     * @param out where to
     * @param id the entry
     */
    public static void entry(DataOutputStream out, EntryId id) throws IOException {
        out.writeLong(id.lsn());
        out.writeLong(id.epoch());
    }

    /**
     * Reads which entry it is.
     *
     * @param in where from
     * @return the entry
     */
    public static EntryId entry(ByteBuffer in) {
        return new EntryId(in.getLong(), in.getLong());
    }

    /**
     * Writes a lineage.
     *
     * @param out where to
     * @param lineage the lineage
     */
    public static void lineage(DataOutputStream out, Lineage lineage) throws IOException {
        out.writeInt(lineage.elements().size());
        for (LineageElement element : lineage.elements()) {
            out.writeLong(element.epoch());
            text(out, element.mint().map(MintId::value));
            out.writeLong(element.firstLsn());
        }
    }

    /**
     * Reads a lineage.
     *
     * @param in where from
     * @return the lineage
     */
    public static Lineage lineage(ByteBuffer in) {
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
