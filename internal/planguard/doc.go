// Package planguard holds a test that looks at how the database answers the hot statements: by which index, reading how many rows
// and pages, in how many round trips. It measures no time, so a lost index fails it on any machine.
//
// The statements are not copied here. The features' own services run on a driver that notes what they ask the database, and the
// test asks for the plan of each statement with the arguments it came with, as the role of the application inside the tenant.
package planguard
