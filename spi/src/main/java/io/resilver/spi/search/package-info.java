/** How implementations are looked for, so that one broken jar hides no other. Not exported. */
package io.resilver.spi.search;
