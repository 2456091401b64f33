// Package edit changes configuration files by typed operations: bytes and
// operations in, bytes and a report out ([Apply]).
//
// An operation either does what it says or is a mistake; none is ever silent.
// A file is read by its format into entries that know their places, the bytes
// of these places are replaced, and the result is read again to prove that it
// holds what was asked for and that each other entry is as and where it was.
// Every byte outside of the reported spans is unchanged. A line that a format
// does not explain is left alone; it never makes the rest of a file unreadable.
//
// The package knows no recipe, no image and no disk. Its mistakes are
// [diag.Error] values at the operation's place in the recipe, which name the
// place in the edited file, too.
//
// # Operations
//
// An operation is a table with one of these keys ([Decode]). PATH is
// section/key, see [Path].
//
//	{ set = PATH, to = V }          the value becomes V; its quotes, spacing and comment stay
//	  was = V0                      stop unless the value is V0 now
//	  arg = N or NAME               only that argument of a directive, or column of a table
//	  to = [V1, V2]                 a key that stands several times, or a list where the format has them
//	{ unset = PATH }                take the entry away
//	{ comment = PATH }              put the entry into a comment
//	{ uncomment = PATH }            take the entry out of its comment
//	{ rename = PATH, to = KEY }     give the entry another key
//	{ add = PATH, value = V }       one more value of a list; first = true puts it first
//	{ remove = PATH, value = V }    one value less
//	{ insert = TEXT, after = AT }   also before, first-in, last-in; AT is a PATH, or /RE2/ for a line
//	  where = "end"                 or "start": of the file
//	{ section = PATH, body = TEXT } a new section
//	{ line = TEXT }                 make sure the line is there; where = "start", after = LINE, before = LINE
//	{ delete-line = RE2 }           take lines away
//	{ replace = TEXT, with = TEXT } replace a literal text
//	{ regex = RE2, with = TEXT }    replace what the pattern matches; `with` knows \1
//	{ patch = FILE }                apply a unified difference, each hunk at exactly its line
//
// All but set with a new key, line, section and patch match something, and
// must match exactly once; count = 2 says twice, count = "1+" at least once.
// What stands in comments does not count. Where a key to set is not active but
// stands commented out (#Key value), that line is the place; where it is not
// there at all, it goes behind the last key of its section, spelt as that one
// is. Anchors and sections must exist.
//
// An operation that finds everything as it wants it is reported as already so,
// which [Options] can make a mistake.
//
// # Formats
//
// [Formats] lists them. A format is one file here and one row there. Files
// whose path says nothing are text, for which line, delete-line, replace,
// regex, patch and insert beside a pattern work; these work in every format.
package edit
