package lock

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// FileName is the lock's name in a workspace.
const FileName = "ashlar.lock"

// format is raised when older programs could misread a lock.
const format = 1

// worthSharing is how many packages a set has that says which other one has the
// same, instead of listing them again.
const worthSharing = 4

// Encode prints l as ashlar.lock. Equal locks give equal bytes.
func Encode(l *Lock) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Written by `ashlar lock`: the packages and sources that builds may use, by digest.\nformat = %d\n", format)
	for _, a := range sorted(l.Archives, func(a, b Archive) int { return cmp.Compare(a.Name, b.Name) }) {
		fmt.Fprintf(&b, "\n[archive.%s]\nuri = %s\nsuite = %s\n", key(a.Name), quote(a.URI), quote(a.Suite))
		if len(a.Components) > 0 {
			fmt.Fprintf(&b, "components = %s\n", list(a.Components))
		}
		fmt.Fprintf(&b, "date = %s\n", quote(a.Date))
	}
	table(&b, "id", sorted(l.IDs, func(a, b ID) int { return cmp.Compare(a.Name, b.Name) }), func(i ID) string {
		return fmt.Sprintf("%s = %d", key(i.Name), i.Number)
	})
	table(&b, "edited", sorted(l.Edited, compareEdited), func(e Edited) string {
		return fmt.Sprintf("%s = %s", quote(e.Recipe+" "+e.Arch+" "+e.Path), quote(e.SHA256))
	})
	table(&b, "source", sorted(l.Sources, compareSources), sourceRow)
	for _, v := range sorted(l.Vendors, compareVendors) {
		fmt.Fprintf(&b, "\n[vendor.%s]\nof = %s\nfiles = [\n", quote(v.Name), quote(v.Of))
		for _, f := range v.Files {
			b.WriteString("  " + vendorRow(f) + ",\n")
		}
		b.WriteString("]\n")
	}
	for _, s := range sorted(l.Bases, compareBases) {
		fmt.Fprintf(&b, "\n[base.%s]\npackages = [\n%s]\n", quote(s.Name), rows(s.Packages))
	}
	first := map[string]string{} // by the packages: the set that lists them
	for _, s := range sorted(l.Sets, compareSets) {
		name := s.Recipe + " " + s.Use + " " + s.Arch
		fmt.Fprintf(&b, "\n[set.%s]\nsuite = %s\nbase = %s\nasks = %s\n", quote(name), quote(s.Suite), quote(s.Base), list(s.Asks))
		packages := rows(s.Packages)
		if like := first[packages]; like != "" && len(s.Packages) >= worthSharing {
			fmt.Fprintf(&b, "like = %s\n", quote(like))
			continue
		}
		first[packages] = name
		fmt.Fprintf(&b, "packages = [\n%s]\n", packages)
	}
	table(&b, "package", sorted(l.Packages, comparePackages), packageRow)
	return b.Bytes()
}

// sourceRow is one line: what git has comes first, as people look for it.
func sourceRow(s Source) string {
	row := quote(s.Name) + " = { "
	if s.Commit != "" {
		row += "commit = " + quote(s.Commit) + ", "
	}
	row += fmt.Sprintf("sha256 = %s, size = %d", quote(s.SHA256), s.Size)
	for i, m := range s.Modules {
		row += []string{", modules = [", ", "}[min(i, 1)] + fmt.Sprintf("{ path = %s, url = %s, commit = %s }", quote(m.Path), quote(m.URL), quote(m.Commit))
	}
	if len(s.Modules) > 0 {
		row += "]"
	}
	return row + " }"
}

func compareSources(a, b Source) int {
	return cmp.Compare(a.Name, b.Name)
}

func packageRow(p Package) string {
	row := fmt.Sprintf("%s = { size = %d, sha256 = %s, from = %s, path = %s", quote(p.Name+" "+p.Version+" "+p.Arch), p.Size, quote(p.SHA256), quote(p.From), quote(p.Path))
	if p.Date != "" {
		row += ", date = " + quote(p.Date)
	}
	if len(p.Pre) > 0 {
		row += ", pre = " + list(p.Pre)
	}
	return row + " }"
}

func vendorRow(f VendorFile) string {
	row := fmt.Sprintf("{ url = %s, sha256 = %s", quote(f.URL), quote(f.SHA256))
	if f.Size > 0 {
		row += fmt.Sprintf(", size = %d", f.Size)
	}
	return row + fmt.Sprintf(", at = %s }", quote(f.At))
}

func compareVendors(a, b Vendor) int {
	return cmp.Compare(a.Name, b.Name)
}

func compareBases(a, b Base) int {
	return cmp.Compare(a.Name, b.Name)
}

func compareSets(a, b Set) int {
	return cmp.Or(cmp.Compare(a.Recipe, b.Recipe), cmp.Compare(a.Use, b.Use), cmp.Compare(a.Arch, b.Arch))
}

func compareEdited(a, b Edited) int {
	return cmp.Or(cmp.Compare(a.Recipe, b.Recipe), cmp.Compare(a.Arch, b.Arch), cmp.Compare(a.Path, b.Path))
}

func comparePackages(a, b Package) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Arch, b.Arch))
}

func sorted[T any](in []T, less func(a, b T) int) []T {
	out := slices.Clone(in)
	slices.SortFunc(out, less)
	return out
}

func table[T any](b *bytes.Buffer, name string, entries []T, row func(T) string) {
	if len(entries) == 0 {
		return
	}
	fmt.Fprintf(b, "\n[%s]\n", name)
	for _, e := range entries {
		b.WriteString(row(e) + "\n")
	}
}

func rows(words []string) string {
	var b strings.Builder
	for _, w := range words {
		b.WriteString("  " + quote(w) + ",\n")
	}
	return b.String()
}

func list(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = quote(w)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// key prints a bare key where TOML allows one.
func key(s string) string {
	bare := s != ""
	for _, r := range s {
		bare = bare && (r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z')
	}
	if bare {
		return s
	}
	return quote(s)
}

// quote prints a basic string. TOML's escapes are a subset of what strconv
// writes but for \x, \a and \v, which become \u.
func quote(s string) string {
	q := strconv.QuoteToGraphic(s)
	q = strings.ReplaceAll(q, `\a`, `\u0007`)
	q = strings.ReplaceAll(q, `\v`, `\u000b`)
	return strings.ReplaceAll(q, `\x`, `\u00`)
}
