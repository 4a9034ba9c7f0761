package io.resilver.transport.codec;

import io.resilver.spi.error.BudgetExceededException;
import io.resilver.spi.error.BudgetExceededException.Budget;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.error.TruncationUnsafeException;
import io.resilver.spi.error.UntrustedException;
import java.time.Duration;

/** Errors as bytes: kind, message and the fields that a caller acts on. Causes and traces stay where they arose. */
final class Errors {
    private static final int TRIMMED = 1;
    private static final int UNSAFE = 2;
    private static final int CORRUPT = 3;
    private static final int FENCED = 4;
    private static final int EXHAUSTED = 5;
    private static final int BUDGET = 6;
    private static final int CANCELLED = 7;
    private static final int RETRIABLE = 8;
    private static final int PERMANENT = 9;
    private static final int UNTRUSTED = 10;

    private static final int NANOS_PER_SECOND = 1_000_000_000;

    private Errors() {}

    static void write(ByteWriter out, RecoveryException error) throws WireException {
        if (error instanceof LogTrimmedException e) {
            head(out, TRIMMED, e);
            out.i64(e.oldestLsn());
        } else if (error instanceof TruncationUnsafeException e) {
            head(out, UNSAFE, e);
            out.i64(e.floorLsn());
        } else if (error instanceof CorruptException e) {
            out.i8(CORRUPT);
            out.text(e.what()); // the far side's constructor puts the place behind it again
            out.text(e.where());
            out.i64(e.offset());
        } else if (error instanceof FencedException e) {
            head(out, FENCED, e);
            out.i64(e.promisedEpoch());
        } else if (error instanceof ResourceExhaustedException e) {
            head(out, EXHAUSTED, e);
            out.text(e.resource());
        } else if (error instanceof BudgetExceededException e) {
            head(out, BUDGET, e);
            out.i8(code(e.budget()));
        } else if (error instanceof CancelledException) {
            head(out, CANCELLED, error);
        } else if (error instanceof RetriableException e) {
            head(out, RETRIABLE, e);
            out.i64(e.after().toSeconds());
            out.i32(e.after().toNanosPart());
        } else if (error instanceof UntrustedException) {
            head(out, UNTRUSTED, error);
        } else {
            head(out, PERMANENT, error);
        }
    }

    static RecoveryException read(ByteReader in) throws WireException {
        int kind = in.i8();
        String message = in.text();
        return switch (kind) {
            case TRIMMED -> new LogTrimmedException(message, in.i64());
            case UNSAFE -> new TruncationUnsafeException(message, in.i64());
            case CORRUPT -> new CorruptException(message, in.text(), in.i64());
            case FENCED -> new FencedException(message, in.i64());
            case EXHAUSTED -> new ResourceExhaustedException(message, in.text());
            case BUDGET -> new BudgetExceededException(message, budget(in.i8()));
            case CANCELLED -> new CancelledException(message);
            case RETRIABLE -> new RetriableException(message, duration(in.i64(), in.i32()));
            case PERMANENT -> new PermanentException(message);
            case UNTRUSTED -> new UntrustedException(message);
            default -> throw WireException.malformed("error kind " + kind + " is not known to this version");
        };
    }

    private static void head(ByteWriter out, int kind, RecoveryException error) throws WireException {
        out.i8(kind);
        out.text(String.valueOf(error.getMessage()));
    }

    private static Duration duration(long seconds, int nanos) throws WireException {
        if (nanos < 0 || nanos >= NANOS_PER_SECOND) {
            throw WireException.malformed(nanos + " nanoseconds are not a part of a second");
        }
        return Duration.ofSeconds(seconds, nanos);
    }

    private static int code(Budget budget) {
        return switch (budget) {
            case DURATION -> 1;
            case ENTRIES -> 2;
            case BYTES -> 3;
            case NO_PROGRESS -> 4;
            case CANNOT_CONVERGE -> 5;
        };
    }

    private static Budget budget(int code) throws WireException {
        return switch (code) {
            case 1 -> Budget.DURATION;
            case 2 -> Budget.ENTRIES;
            case 3 -> Budget.BYTES;
            case 4 -> Budget.NO_PROGRESS;
            case 5 -> Budget.CANNOT_CONVERGE;
            default -> throw WireException.malformed("budget " + code + " is not known to this version");
        };
    }
}
