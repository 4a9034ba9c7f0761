package io.resilver.spi;

/**
 * The version of the contract that a provider was written against. A driver refuses a provider of another major
 * version, and one of a newer minor version than its own, at start, with an error that names both.
 *
 * @param major changes when a provider must be changed
 * @param minor changes when something was added with a default
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record SpiVersion(int major, int minor) {
    /** The version that this jar defines. */
    public static final SpiVersion CURRENT = new SpiVersion(0, 1);

    /**
     * Whether a driver built for this version can use a provider of another.
     *
     * @param provider the version that a provider states
     * @return true when the major versions are equal and the provider's minor version is not newer
     */
    public boolean accepts(SpiVersion provider) {
        return major == provider.major && minor >= provider.minor;
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
