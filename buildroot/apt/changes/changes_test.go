package changes_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/apt/changes"
)

const changelog = `openssl (3.5.4-1~deb13u2) trixie-security; urgency=HIGH, binary-only=yes

  * CVE-2026-0001 (Fix an overflow)
  * CVE-2026-0001, CVE-2025-12345: more of it

 -- Somebody <somebody@debian.org>  Mon, 02 Nov 2026 10:00:00 +0000

openssl (3.5.4-1~deb13u1) trixie proposed-updates; urgency=medium

  [ A ]
  * New upstream version

 -- Somebody <somebody@debian.org>  Mon, 05 Oct 2026 10:00:00 +0000

openssl (3.5.1-1) unstable; urgency=medium

  * An entry that does not end
Old Changelog:
openssl (0.9) stable; priority=low
`

func TestParse(t *testing.T) {
	entries := changes.Parse(changelog)
	if len(entries) != 4 {
		t.Fatalf("%d entries: %+v", len(entries), entries)
	}
	want := changes.Entry{Source: "openssl", Version: "3.5.4-1~deb13u2", Suites: "trixie-security", Urgency: "high", Date: "Mon, 02 Nov 2026 10:00:00 +0000",
		Text: "  * CVE-2026-0001 (Fix an overflow)\n  * CVE-2026-0001, CVE-2025-12345: more of it"}
	if entries[0] != want {
		t.Errorf("got %+v, want %+v", entries[0], want)
	}
	if e := entries[2]; e.Text != "  * An entry that does not end\nOld Changelog:" || e.Date != "" {
		t.Errorf("got %+v", e)
	}
	if got := changes.CVEs(entries[0].Text); !slices.Equal(got, []string{"CVE-2025-12345", "CVE-2026-0001"}) {
		t.Errorf("CVEs %q", got)
	}
	var versions []string
	for _, e := range changes.Between(entries, "3.5.1-1", "3.5.4-1~deb13u2") {
		versions = append(versions, e.Version)
	}
	if got := strings.Join(versions, " "); got != "3.5.4-1~deb13u2 3.5.4-1~deb13u1" {
		t.Errorf("between: %s", got)
	}
}

// trackerData is what Debian's security tracker says of two source packages.
const trackerData = `{
	"curl": {"CVE-2026-7": {"releases": {"trixie": {"status": "resolved", "fixed_version": "2"}}}},
	"openssl": {
		"CVE-2026-1": {"description": "x", "releases": {"trixie": {"status": "resolved", "fixed_version": "2", "repositories": {"trixie": "1"}}, "sid": {"status": "resolved", "fixed_version": "9"}}},
		"CVE-2026-2": {"releases": {"trixie": {"status": "open", "fixed_version": "2"}}},
		"CVE-2026-3": {"releases": {"trixie": {"status": "resolved", "fixed_version": "0"}}},
		"CVE-2026-4": {"releases": {"trixie": {"status": "resolved", "fixed_version": "1"}}},
		"CVE-2026-5": {"releases": {"trixie": {"status": "resolved", "fixed_version": "3"}}},
		"CVE-2026-6": {"releases": {"trixie": {"status": "resolved", "fixed_version": "1+deb13u1"}}}
	}}`

func TestTracker(t *testing.T) {
	tracker, err := changes.ReadTracker(strings.NewReader(trackerData), []string{"openssl"})
	if err != nil {
		t.Fatal(err)
	}
	if got := tracker.Fixed("openssl", "trixie", "1", "2"); !slices.Equal(got, []string{"CVE-2026-1", "CVE-2026-6"}) {
		t.Errorf("fixed %q", got)
	}
	if got := tracker.Fixed("curl", "trixie", "1", "2"); got != nil {
		t.Errorf("nobody asked for %q", got)
	}
	for _, bad := range []string{"", "[]", "{", `{"openssl": 1}`, "<html>", trackerData[:300]} {
		if _, err := changes.ReadTracker(strings.NewReader(bad), []string{"openssl"}); err == nil || !strings.Contains(err.Error(), "not readable") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(changelog)
	f.Fuzz(func(t *testing.T, text string) {
		for _, e := range changes.Parse(text) {
			if e.Source == "" || e.Version == "" || strings.HasPrefix(e.Text, "\n") || strings.HasSuffix(e.Text, "\n") {
				t.Errorf("%+v", e)
			}
		}
	})
}

// FuzzReadTracker holds that data that are read name only what was asked for, sorted.
func FuzzReadTracker(f *testing.F) {
	f.Add(trackerData)
	f.Add(trackerData[:300])
	f.Add(`{"openssl": {"CVE-1": null}, "openssl": {"CVE-2": {"releases": null}}}`)
	f.Fuzz(func(t *testing.T, data string) {
		tracker, err := changes.ReadTracker(strings.NewReader(data), []string{"openssl"})
		if err != nil {
			return
		}
		if got := tracker.Fixed("openssl", "trixie", "1", "2"); !slices.IsSorted(got) {
			t.Errorf("fixed %q", got)
		}
		if got := tracker.Fixed("curl", "trixie", "1", "2"); got != nil {
			t.Errorf("nobody asked for %q", got)
		}
	})
}
