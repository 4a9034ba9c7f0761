package io.resilver.coordination;

import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.VolumeId;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.zip.CRC32;

/** Where things are in the coordination store. */
public final class Paths {
    /** The parent of all host nodes. */
    public static final String HOSTS = "/hosts";

    /** The parent of the buckets. */
    public static final String VOLUMES = "/volumes";

    private Paths() {}

    /**
     * Where a host node is.
     *
     * @param node the node
     * @return its path
     */
    public static String host(HostNode node) {
        return HOSTS + "/" + node.name();
    }

    /**
     * Where a volume's record is. Volumes are spread over 256 buckets by the low byte of the CRC32 of their id: with
     * 100,000 volumes a bucket has about 400 children, so that a listing stays far below ZooKeeper's 1 MiB packets, which
     * one flat directory of such ids would exceed.
     *
     * @param volume the volume
     * @return its path
     */
    public static String volume(VolumeId volume) {
        CRC32 crc = new CRC32();
        crc.update(volume.value().getBytes(StandardCharsets.US_ASCII));
        return VOLUMES + "/" + HexFormat.of().toHexDigits((byte) crc.getValue()) + "/" + volume;
    }

    /**
     * The name of the mark of a volume's record: a child of it that goes with its incarnation.
     *
     * @param incarnation the record's incarnation
     * @return the name
     */
    public static String mark(Incarnation incarnation) {
        return "incarnation-" + incarnation;
    }

    /**
     * Where the mark of a volume's record is. Every change of a record checks it, so that what was meant for an incarnation
     * that is deleted changes nothing in a later one (R35).
     *
     * @param volume the volume
     * @param incarnation the record's incarnation
     * @return its path
     */
    public static String mark(VolumeId volume, Incarnation incarnation) {
        return volume(volume) + "/" + mark(incarnation);
    }
}
