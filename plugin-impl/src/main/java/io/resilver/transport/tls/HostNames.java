package io.resilver.transport.tls;

import io.resilver.spi.model.HostId;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/**
 * The host ids that a certificate names: among its alternative names the DNS names, and, for ids that are none, the URIs
 * {@code resilver:<host id>}; only where it has neither, its common name. They are compared as they are written, since a
 * host id is no address.
 */
final class HostNames {
    /** Tags of alternative names, RFC 5280. */
    private static final int DNS = 2;

    private static final int URI = 6;
    private static final String SCHEME = "resilver:";

    private HostNames() {}

    static Set<String> of(X509Certificate certificate) {
        Set<String> names = new HashSet<>();
        try {
            Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
            if (alternatives != null) {
                for (List<?> each : alternatives) {
                    String name = String.valueOf(each.get(1));
                    if (each.get(0).equals(DNS)) {
                        names.add(name);
                    } else if (each.get(0).equals(URI) && name.startsWith(SCHEME)) {
                        names.add(name.substring(SCHEME.length()));
                    }
                }
            }
            if (names.isEmpty()) {
                for (Rdn each :
                        new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
                    if (each.getType().equalsIgnoreCase("CN")) {
                        names.add(String.valueOf(each.getValue()));
                    }
                }
            }
        } catch (CertificateParsingException | InvalidNameException unreadable) {
            return Set.of(); // it names nobody
        }
        return names;
    }

    static boolean names(X509Certificate certificate, HostId host) {
        return of(certificate).contains(host.value());
    }
}
