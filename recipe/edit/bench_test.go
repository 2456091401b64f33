package edit

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// big repeats a sample to about size bytes.
func big(sample string, size int) string {
	return strings.Repeat(sample, size/len(sample)+1)
}

// benchSample is a file of a format that may be repeated, with a last key `wanted`
// that is set, and the format's own way to write that.
func benchSample(format string, size int) (src string, path Path) {
	sample := formatSeeds(format)[0]
	switch format {
	case "json":
		return "{\n" + big("  \"a\": {\"b\": [1, 2, \"c\"], \"d\": null}, // e\n", size) + "  \"wanted\": \"x\"\n}\n", Path{{Name: "wanted"}}
	case "xml":
		return "<r>\n" + big("  <a b=\"c\"><!-- d --><e>f</e></a>\n", size) + "  <wanted>x</wanted>\n</r>\n", Path{{Name: "r"}, {Name: "wanted"}}
	case "toml":
		return "wanted = \"x\"\n" + big("[a.b]\nc = [1,\n 2] # d\n#e = \"f\"\n", size), Path{{Name: "wanted"}}
	case "yaml":
		return "wanted: x\n" + big("a:\n  - b: c\n    d: [e, f]\n# g: h\n", size), Path{{Name: "wanted"}}
	case "nginx", "blocks":
		return "wanted x;\n" + big(sample, size), Path{{Name: "wanted"}}
	}
	f, _ := formatOf(Input{Format: format})
	if marks := f.style().marks; marks != "" {
		// With it lines have 15 to 40 bytes; the mean of Debian's .conf files is 33.
		sample += marks[:1] + " What this says is how the server answers, and for how long.\n"
	}
	for _, line := range []string{"wanted = x\n", "wanted=x\n", "wanted: x\n", "wanted x\n", "wanted x a b c d e f g\n", "wanted:x:1:2:3:4:5\n", "$wanted = 'x';\n", "deb wanted x main\n"} {
		src := line + big(sample, size)
		name := Path{{Name: strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" =:\n", r) })[0]}}
		if f.Name == "deb822" {
			name = Path{{Name: "wanted"}}
			src = line + "\n" + big(sample+"\n", size)
		}
		if active, _ := f.parse(line).find(name, f.style()); len(active) == 1 && active[0].settable() && len(active[0].words) > 0 && active[0].words[0].text != "" {
			return src, name
		}
	}
	return big(sample, size), nil
}

// benchFormats are those with seeds, sorted.
func benchFormats() (all []string) {
	for _, f := range Formats() {
		if formatSeeds(f.Name) != nil {
			all = append(all, f.Name)
		}
	}
	slices.Sort(all)
	return all
}

// BenchmarkRead reads 10 MB in each format.
func BenchmarkRead(b *testing.B) {
	for _, format := range benchFormats() {
		b.Run(format, func(b *testing.B) {
			src, _ := benchSample(format, 10<<20)
			f, _ := formatOf(Input{Format: format})
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				f.parse(src)
			}
		})
	}
}

// BenchmarkSet sets one key of 10 MB in each format: reads, writes, reads again
// and proves.
func BenchmarkSet(b *testing.B) {
	for _, format := range benchFormats() {
		b.Run(format, func(b *testing.B) {
			src, path := benchSample(format, 10<<20)
			if path == nil {
				b.Skip("rows of this format are no keys")
			}
			op := Op{Verb: Set, Path: path, To: []Value{{Text: "y"}}, Count: Count{N: 1, OrMore: true}}
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Apply(Input{Name: "x", Format: format, Bytes: []byte(src), Ops: []Op{op}}); err != nil {
					b.Fatal(explain(err))
				}
			}
		})
	}
}

// processorTime is the time that this process has had of processors, which does not
// depend on what else the machine does.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// Nothing that stays open, and nothing that is repeated, makes reading take more
// than a constant per byte: what is quadratic would take minutes.
func TestNoQuadraticTime(t *testing.T) {
	const size, most = 1 << 19, 10 * time.Second
	pieces := []string{"[", "{", "(", "\"", "'", "<", "<a>", "<!--", "\\\n", "# a\n", "#a = [\n", "#a = (\n", "a {\n", "a = (\n", "a:\n ", "a: |\n ", "- ", "a=\"\"\"\n", "/*", "$a[",
		"}\n", "a\n", "  a: b\n", "#<A>\n", "<A b>\n", "`", "a=$(", "x;"}
	// Many entries of one section take longer to show it.
	entries := []string{"a: b\n#c: d\n", "a = b\n#c = d\n", "a b\n#c d\n"}
	for _, format := range []string{"ini", "postfix", "properties", "sshd", "apache", "passwd", "nginx", "lighttpd", "shell", "deb822", "json", "xml", "yaml", "toml", "php-code", "lua"} {
		f, err := formatOf(Input{Format: format})
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range slices.Concat(pieces, entries) {
			src := big(p, size)
			if i >= len(pieces) {
				src = big(p, 8*size)
			}
			start := processorTime(t)
			f.parse(src)
			if d := processorTime(t) - start; d > most {
				t.Errorf("%s: %q repeated to %d bytes takes %v", format, p, len(src), d)
			}
		}
	}
}

// Nor does a change of many entries, on one line, on many or in one another.
func TestNoQuadraticChange(t *testing.T) {
	const size, most = 1 << 19, 10 * time.Second
	for _, c := range []struct{ format, first, many, last, ops string }{
		{"json", `{"a": 1, `, `"b": 2, `, `"c": 3}`, `set = "b", to = 3; unset = "b"; rename = "b", to = "d"; insert = '"d": 1', after = "b"`},
		{"json", "{\n", "// \"b\": 2,\n", "\"c\": 3}\n", `uncomment = "b"`},
		{"nginx", "", "b 1; ", "", `set = "b", to = 3; unset = "b"; insert = "d 1;", before = "b"`},
		{"blocks", "", "a { b 1; ", "", `set = "a/b", to = "3"`},
		{"braces", "", "a {\n b = 1\n}\n", "", `comment = "a"; insert = "d = 1", last-in = "a"; insert = "d = 1", after = "a"`},
		{"xml", "<a>", "<b>c</b>", "</a>", `set = "a/b", to = "d"; unset = "a/b"; comment = "a/b"; insert = "<d/>", after = "a/b"`},
		{"xml", "<a>", "<!-- <b>c</b> -->", "</a>", `uncomment = "a/b"`},
		{"yaml", "", "b: c\n", "", `set = "b", to = "d"; unset = "b"; comment = "b"`},
		{"ini", "", "[a]\nb = c\n", "", `comment = "a"; set = "a/b", to = "d"; unset = "a/b"; insert = "d = e", after = "a/b"`},
		{"colon", "", "a: b\n", "", `rename = "a", to = "c"; comment = "a"`},
		{"colon", "", "#a: b\n", "", `uncomment = "a"`},
		{"keyvalue", "", "a=b\n", "", `insert = "c=d", after = "/^a/"`},
	} {
		src := c.first + big(c.many, size) + c.last
		for op := range strings.SplitSeq(c.ops, "; ") {
			op += `, count = "1+"`
			start := processorTime(t)
			_, err := Apply(Input{Name: "f", Format: c.format, Bytes: []byte(src), Ops: readOps(t, op)})
			if d := processorTime(t) - start; d > most {
				t.Errorf("%s: %s in %q repeated to %d bytes takes %v", c.format, op, c.many, len(src), d)
			} else if err != nil {
				t.Errorf("%s: %s: %s", c.format, op, clip(explain(err)))
			}
		}
	}
}
