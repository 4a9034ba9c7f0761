/**
 * Mutual TLS between hosts: who is trusted, which host a certificate names, and how new files come into force while the host
 * runs. With TLS on, a peer without a trusted certificate never reaches the parser (R54).
 */
@NullMarked
package io.resilver.transport.tls;

import org.jspecify.annotations.NullMarked;
