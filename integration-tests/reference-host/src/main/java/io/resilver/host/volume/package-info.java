/**
 * The reference host's storage engine: one store a replica, kept in files. Its directory:
 *
 * <pre>
 *   lock            held by the process that has the store open
 *   meta            identity, promise, live generation, where the log counts from; replaced in one act
 *   gen-N/          the live generation
 *     log/LSN.seg     segments, named by the LSN of the entry before their first
 *     image           what committed entries build
 *     side            old pages for open frozen views; means nothing after a restart
 *   gen-N+1/        a staged base image, if there is one: base, ranges, image
 * </pre>
 *
 * <p><b>Order of durability.</b> An entry is durable with the log's next sync. The committed bound is durable, as a note in
 * the log or in the meta file, before any entry above the bound before it reaches the image: so the image never holds what
 * could still be undone, and truncating down to the bound is always safe. The image is changed in place; a checkpoint syncs
 * it and records its LSN; opening applies again what lies between the checkpoint and the bound, in order, which gives the
 * same bytes however much of it was there.
 *
 * <p><b>Locks.</b> Changes to one store are made one at a time, under one lock that is held over their I/O, because the order
 * on disk is what they are about. Syncing the log, reading, pinning and telling the position do not take it. The image has a lock
 * of its own, which is taken before the other one: committed entries and a patch are laid over it beside what is appended.
 */
@NullMarked
package io.resilver.host.volume;

import org.jspecify.annotations.NullMarked;
