package io.resilver.host.volume.log;

import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Lineage;

/**
 * How far the log is, at one moment.
 *
 * @param sequence rises with every change, so that a flush knows what it covers
 * @param head the last entry
 * @param lineage which epoch wrote what, up to the head
 * @param noted the highest committed bound that a record notes, 0 for none
 */
public record Appended(long sequence, EntryId head, Lineage lineage, long noted) {
    Appended then(EntryId newHead, Lineage newLineage, long newNoted) {
        return new Appended(sequence + 1, newHead, newLineage, newNoted);
    }
}
