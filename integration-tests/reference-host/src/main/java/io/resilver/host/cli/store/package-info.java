/** Commands on the store of a host that does not serve. */
@NullMarked
package io.resilver.host.cli.store;

import org.jspecify.annotations.NullMarked;
