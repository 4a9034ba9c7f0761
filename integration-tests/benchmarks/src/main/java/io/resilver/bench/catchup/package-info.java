/** A replica that is some entries behind, next to what else would bring them to it. */
@NullMarked
package io.resilver.bench.catchup;

import org.jspecify.annotations.NullMarked;
