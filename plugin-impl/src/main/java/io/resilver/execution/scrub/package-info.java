/**
 * The scrub: compares the committed log of a replica that is fed at the head with the primary's own, and then its image, range
 * by range, by digest, at a pace. It reports, and repairs nothing (docs/decisions/0008-scrub.md).
 */
@NullMarked
package io.resilver.execution.scrub;

import org.jspecify.annotations.NullMarked;
