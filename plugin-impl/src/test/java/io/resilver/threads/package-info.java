/** Classes that threads share, in every order of their steps that a bounded search comes to. */
package io.resilver.threads;
