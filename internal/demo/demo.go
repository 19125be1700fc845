// Package demo invents a city: enterprises with plausible names and valid codes, people with plausible names and synthetic
// identity numbers, and weeks of samples with the variety of real life — laggard firms, cold-chain posts, leavers, symptoms,
// late results. The same seed and instant give the same city. Nothing in it is a real person or firm.
package demo
