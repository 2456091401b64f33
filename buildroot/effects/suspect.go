package effects

import (
	"bytes"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/layer"
)

// maxText bounds what is searched for keys and names: configuration, no data.
const maxText = 256 << 10

var (
	// With the key behind it: tables of magic numbers have the line alone.
	privateKey = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----\s+(?:Proc-Type|[A-Za-z0-9+/=]{40})`)
	hostName   = regexp.MustCompile(`(?m)(^|[^A-Za-z0-9_.-])` + Hostname + `($|[^A-Za-z0-9_-])`)
)

// expected are files that others may not read in every system.
var expected = []string{"/etc/shadow", "/etc/gshadow"}

// suspect reports a new file that may be a secret which no rule knows, and
// configuration that has the buildroot's name in it.
func (h *harvest) suspect(in io.ReaderAt, f *layer.File) error {
	if f.Origin.Kind != layer.FromEffect || f.Size == 0 || slices.Contains(expected, f.Path) || ClassOf(f.Path) != ClassImage {
		return nil
	}
	add := func(kind ReportKind, text string) {
		h.reports = append(h.reports, Report{Kind: kind, Path: f.Path, Package: f.Origin.Name, Script: f.Origin.What, Text: text})
	}
	closed := f.Mode&0o004 == 0
	if f.Size > maxText {
		if closed {
			add(Suspect, "others may not read it")
		}
		return nil
	}
	data := make([]byte, f.Size)
	if _, err := in.ReadAt(data, 0); err != nil && err != io.EOF {
		return err
	}
	switch {
	case privateKey.Match(data):
		add(Suspect, "a private key is in it")
	case closed && !h.shippedSame(f):
		add(Suspect, "others may not read it")
	}
	if strings.HasPrefix(f.Path, "/etc/") && !bytes.Contains(data, []byte{0}) && hostName.Match(data) {
		add(HostName, "the buildroot's host name is in it: edit it")
	}
	return nil
}

// shippedSame reports whether some package ships a file of these bytes: a copy
// of what everybody has is no secret.
func (h *harvest) shippedSame(f *layer.File) bool {
	if h.digests == nil {
		h.digests = map[string]bool{}
		for _, b := range []*below{h.below, h.here} {
			for _, g := range b.files {
				h.digests[g.Digest] = true
			}
		}
	}
	return h.digests[f.Digest]
}

// allReports are the reports in an order that follows from them alone.
func (h *harvest) allReports() []Report {
	list := slices.Clone(h.reports)
	for _, glob := range slices.Sorted(maps.Keys(h.counts)) {
		list = append(list, *h.counts[glob])
	}
	slices.SortStableFunc(list, func(a, b Report) int {
		if c := strings.Compare(string(a.Kind), string(b.Kind)); c != 0 {
			return c
		}
		if c := layer.Compare(a.Path, b.Path); c != 0 {
			return c
		}
		return strings.Compare(a.Text, b.Text)
	})
	return list
}
