package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/apt/index"
	"github.com/ashlar-build/ashlar/buildroot/apt/solve"
)

// A suiteSet is a list of sources.
type suiteSet struct {
	name    string
	sources []aptSource
}

type aptSource struct {
	uri, suite string
	pin        int
}

// suites are the lists of sources to compare over, in the order in which Debian's
// installer writes them: apt's choice between equal providers depends on it.
func suites(o options) []suiteSet {
	main, security := o.mirror+"/debian", o.mirror+"/debian-security"
	three := func(codename string) []aptSource {
		return []aptSource{
			{main, codename, index.PinArchive},
			{main, codename + "-updates", index.PinArchive},
			{security, codename + "-security", index.PinArchive},
		}
	}
	if o.backports {
		return []suiteSet{{"trixie+backports", append(three("trixie"), aptSource{main, "trixie-backports", index.PinUpgrade})}}
	}
	return []suiteSet{
		{"trixie", []aptSource{{main, "trixie", index.PinArchive}}},
		{"trixie+updates+security", three("trixie")},
		{"bookworm+updates+security", three("bookworm")},
	}
}

// A world is one list of sources, as apt has it and as we do.
type world struct {
	*index.Index
	name    string
	config  string   // apt's configuration file
	digests []string // of the Packages files, in the order of the sources
}

// configText is apt's configuration: all below one directory, nothing of the
// host's but its keys.
const configText = `Dir "%[1]s/";
Dir::State::status "%[1]s/var/lib/dpkg/status";
Dir::Etc::trusted "/etc/apt/trusted.gpg";
Dir::Etc::trustedparts "/etc/apt/trusted.gpg.d";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::GzipIndexes "false";
`

// newWorld makes a root directory for apt, lets it fetch the indexes, and reads
// them.
func newWorld(ctx context.Context, dir string, s suiteSet) (*world, error) {
	for _, d := range []string{"etc/apt/apt.conf.d", "etc/apt/preferences.d", "etc/apt/sources.list.d", "var/lib/apt/lists/partial", "var/lib/dpkg", "var/cache/apt/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return nil, err
		}
	}
	var list strings.Builder
	for _, src := range s.sources {
		fmt.Fprintf(&list, "deb %s %s main\n", src.uri, src.suite)
	}
	w := &world{name: s.name, config: filepath.Join(dir, "apt.conf")}
	for name, text := range map[string]string{
		"apt.conf": fmt.Sprintf(configText, dir), "etc/apt/sources.list": list.String(), "var/lib/dpkg/status": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	if out, err := w.aptGet(ctx, "update"); err != nil {
		return nil, fmt.Errorf("apt-get update for %s: %w\n%s", s.name, err, out)
	}
	return w, w.read(dir, s)
}

// read makes the index of what apt fetched.
func (w *world) read(dir string, s suiteSet) error {
	var inputs []index.Input
	for _, src := range s.sources {
		host := strings.ReplaceAll(strings.TrimPrefix(strings.TrimPrefix(src.uri, "http://"), "https://"), "/", "_")
		prefix := filepath.Join(dir, "var/lib/apt/lists", host+"_dists_"+src.suite+"_")
		data, err := os.ReadFile(prefix + "main_binary-amd64_Packages")
		if err != nil {
			return err
		}
		release, err := os.ReadFile(prefix + "InRelease")
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		w.digests = append(w.digests, hex.EncodeToString(sum[:]))
		inputs = append(inputs, index.Input{
			Archive: src.suite, Suite: field(release, "Suite"), Codename: field(release, "Codename"),
			Pin: src.pin, Digest: hex.EncodeToString(sum[:]), Data: data,
		})
	}
	image, err := index.Build("amd64", inputs)
	if err != nil {
		return err
	}
	w.Index, err = index.Read(image)
	return err
}

func field(release []byte, name string) string {
	for line := range bytes.Lines(release) {
		if value, ok := bytes.CutPrefix(line, []byte(name+": ")); ok {
			return string(bytes.TrimSpace(value))
		}
	}
	return ""
}

// aptGet runs apt-get in the world's directory.
func (w *world) aptGet(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "apt-get", args...)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "APT_CONFIG=" + w.config}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// theirs is apt's answer: sorted lines "name version", or an empty list and why.
func (w *world) theirs(ctx context.Context, request []string, recommends bool) (lines []string, why string, err error) {
	flag := "--no-install-recommends"
	if recommends {
		flag = "--install-recommends"
	}
	out, err := w.aptGet(ctx, append([]string{"-s", flag, "install"}, request...)...)
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || ctx.Err() != nil) {
		return nil, "", err
	}
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "Inst "); ok {
			name, rest, _ := strings.Cut(rest, " (")
			version, _, _ := strings.Cut(rest, " ")
			lines = append(lines, name+" "+version)
		}
		if strings.HasPrefix(line, "E: ") {
			why = line
		}
	}
	if exit != nil {
		return nil, why, nil
	}
	slices.Sort(lines)
	return lines, "", nil
}

// ours is our answer, in the same form.
func (w *world) ours(request []string, recommends bool) (lines []string, why string) {
	opts := solve.Options{Recommends: recommends}
	var picks []solve.Pick
	for _, r := range request {
		p, err := solve.Choose(w.Index, r, opts)
		if err != nil {
			return nil, err.Error()
		}
		picks = append(picks, p)
	}
	versions, err := solve.Solve(w.Index, picks, opts)
	if err != nil {
		return nil, err.Error()
	}
	for _, v := range versions {
		lines = append(lines, w.NameOf(w.Versions[v].Name)+" "+w.VersionOf(v))
	}
	slices.Sort(lines)
	return lines, ""
}
