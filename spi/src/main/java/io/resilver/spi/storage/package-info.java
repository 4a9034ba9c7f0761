/**
 * What a vendor of a storage engine implements. One {@link io.resilver.spi.storage.StorageAdapter} a host opens the {@link
 * io.resilver.spi.storage.VolumeStore} of each replica that the host holds; a store shows two sides, one to read from
 * when it is the source of a recovery, one to change when it is the target.
 *
 * <p><b>Threads.</b> Every call may block on I/O; the driver calls from its own worker threads and holds no lock
 * meanwhile. The driver never makes two changes to one store at a time, but it reads (history, position, pins,
 * cursors) while a change is going on, and while the host product writes.
 *
 * <p><b>Ranges.</b> "After an LSN" is exclusive, "up to an LSN" inclusive, everywhere.
 *
 * <p><b>Errors.</b> Throw the {@link io.resilver.spi.error.RecoveryException} that says what the caller can do. When a
 * method throws, the store is as it was before, unless the method says otherwise.
 *
 * <p><b>Who may.</b> A store does not check tokens: the driver's gate in front of it does (R2). It does check what only
 * it can know: that entries follow each other, and that nothing below its own committed LSN is undone (R15).
 */
package io.resilver.spi.storage;
