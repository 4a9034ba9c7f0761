package io.resilver.spi;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Says how stable a type or member of the SPI is, and since which version it exists. */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target({ElementType.TYPE, ElementType.METHOD, ElementType.CONSTRUCTOR, ElementType.FIELD})
public @interface Api {
    /**
     * How stable it is.
     *
     * @return the status
     */
    Status status();

    /**
     * The version of the SPI in which it first appeared, {@code major.minor}.
     *
     * @return the version
     */
    String since();

    /** How stable a type is. */
    enum Status {
        /** Changes only with a new major version of the SPI. */
        STABLE,
        /** May still change in a minor version; the release notes say how. */
        EVOLVING
    }
}
