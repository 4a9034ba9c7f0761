/** What a comparison found: rows of samples with their ratio and aim, for people and for programs. */
@NullMarked
package io.resilver.bench.report;

import org.jspecify.annotations.NullMarked;
