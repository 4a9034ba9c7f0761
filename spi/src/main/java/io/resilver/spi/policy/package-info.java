/**
 * What to prefer among what is proven possible: budgets, catch-up or rebuild, retry and back-off, priority and rate. A
 * policy never makes an unsafe recovery possible, and every answer carries its reason.
 */
package io.resilver.spi.policy;
