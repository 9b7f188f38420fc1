// Package browsertest looks at hpaflow's pages as people see them: in Chromium,
// at the widths of a phone, a small window and a wide screen. Tests import it,
// the program never.
//
// A test opens a page (Open), waits for what it should show (Page.Wait), reads
// it (Page.Eval, Page.Text), works it by keyboard (Page.Press), and asks for what
// is wrong with it: text that overlaps, is cut off or reaches beyond the window
// (Page.Layout), and whatever the browser complained of, such as an exception or
// a breach of the content security policy (Page.Complaints). Check does the last
// two at all widths, in light and dark.
//
// What always holds: a test is skipped, with a word, where there is no Chromium
// ($CHROMIUM, chromium, chromium-browser or google-chrome); a browser belongs to
// one test, keeps nothing and reaches nothing but what the test serves; and it
// has ended when the test has.
package browsertest
