package effects

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/layer"
)

// Run installs a wave and writes its effects to dir, an empty directory on the
// file system of opts.Scratch: see [Effects]. A script that fails is a
// [*ScriptError]. On an error dir holds nothing of use, and is the caller's to
// discard.
func Run(ctx context.Context, r Runner, w Wave, dir string, opts Options) (*Effects, error) {
	if opts.Scratch == "" {
		return nil, errors.New("run maintainer scripts: no scratch directory")
	}
	v := &run{runner: r, Wave: w, dir: dir, opts: opts, track: newTracker(), names: newNames(), asked: map[string]bool{}}
	v.below, v.here = newBelow(w.Before, w.Earlier), newBelow(preinstOrder(w.Packages), nil)
	e, err := v.run(ctx)
	if err != nil {
		var script *ScriptError
		var sight *SightError
		if errors.As(err, &script) {
			return nil, script
		}
		if errors.As(err, &sight) {
			return nil, sight
		}
		return nil, fmt.Errorf("run maintainer scripts: %w", err)
	}
	return e, nil
}

// A run is the state of one Run.
type run struct {
	Wave
	runner Runner
	dir    string
	opts   Options

	below    *below // what earlier waves left
	here     *below // this wave's packages
	names    *names
	dates    map[string]int64 // of packages: see date
	track    *tracker
	reports  []Report
	refused  map[string]bool
	early    map[string]string      // by files that early edits changed: their bytes before
	restored map[string]*layer.File // packages' files that had to be laid over something
	asked    map[string]bool        // the accounts that scripts asked for, if the run is blind

	upper *os.Root // what the scripts wrote, opened when the first job is done
}

// The directories in Scratch.
func (v *run) jobDir() string    { return filepath.Join(v.opts.Scratch, "job") }
func (v *run) upperDir() string  { return filepath.Join(v.jobDir(), "upper") }
func (v *run) database() string  { return filepath.Join(v.opts.Scratch, "database") }
func (v *run) policyDir() string { return filepath.Join(v.opts.Scratch, "policy") }

func (v *run) run(ctx context.Context) (*Effects, error) {
	if err := v.canBlind(); err != nil {
		return nil, err
	}
	if err := v.prepare(); err != nil {
		return nil, err
	}
	defer v.upper.Close()
	if err := v.preinst(ctx); err != nil {
		return nil, err
	}
	if err := v.unpack(); err != nil {
		return nil, err
	}
	if err := v.configure(ctx); err != nil {
		return nil, err
	}
	if err := v.verify(); err != nil {
		return nil, err
	}
	if err := v.wasBlind(); err != nil {
		return nil, err
	}
	return v.harvest(ctx)
}

// prepare makes the lower layers that are ours, and what is in the upper one
// before anything runs.
func (v *run) prepare() error {
	for _, d := range []string{v.upperDir(), v.database()} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	if err := WritePolicy(v.policyDir()); err != nil {
		return err
	}
	var err error
	if v.upper, err = os.OpenRoot(v.upperDir()); err != nil {
		return err
	}
	all := slices.Concat(v.Before, v.Packages)
	if v.dates, err = dates(all); err != nil {
		return err
	}
	d, err := NewDatabase(all, Installed)
	if err != nil {
		return err
	}
	d.Files["status"] = []byte(statusOf(byName(v.Before), Installed))
	d.yield(v.Earlier)
	if err := v.driverFiles(d); err != nil {
		return err
	}
	if err := d.Write(v.database(), v.Epoch); err != nil {
		return err
	}
	for _, file := range lineFiles {
		text, _ := readTop(v.Earlier, file)
		v.track.book.begin(file, string(text))
	}
	return v.addUsers()
}

// driverFiles puts what the drivers need beside the database.
func (v *run) driverFiles(d *Database) error {
	sub := "ashlar/"
	packages := preinstOrder(v.Packages)
	for name, data := range stanzaFiles(packages) {
		d.Files[sub+name] = data
	}
	for _, p := range packages {
		if !p.Has("preinst") {
			continue
		}
		for _, name := range p.Members() {
			d.Links[sub+"ci/"+p.Control.Qualified()+"/"+name] = filepath.Join(p.ControlDir(), name)
		}
	}
	early, late := v.debconf()
	if early || late {
		d.Files[sub+"selections"] = []byte(strings.Join(v.Debconf, "\n") + "\n")
	}
	groups, err := order(v.Packages, v.Before)
	if err != nil {
		return err
	}
	d.Files[sub+"preinst"] = []byte(v.preinstDriver(packages, early))
	d.Files[sub+"configure"] = []byte(v.configureDriver(groups, late))
	return nil
}

// debconf says when answers can be given: before all scripts if an earlier wave
// has debconf, else before the packages are configured.
func (v *run) debconf() (early, late bool) {
	if len(v.Debconf) == 0 {
		return false, false
	}
	early = slices.ContainsFunc(v.Before, named("debconf"))
	return early, !early
}

func named(name string) func(*deb.Package) bool {
	return func(p *deb.Package) bool { return p.Control.Name == name }
}

func (v *run) dpkgVersion() string {
	for _, p := range slices.Concat(v.Before, v.Packages) {
		if p.Control.Name == "dpkg" {
			return p.Control.Version
		}
	}
	return ""
}

// preinst runs the preinst scripts over earlier waves only, as dpkg does. In
// the first wave there is nothing else to run them with than the wave itself.
func (v *run) preinst(ctx context.Context) error {
	early, _ := v.debconf()
	if !early && !slices.ContainsFunc(v.Packages, func(p *deb.Package) bool { return p.Has("preinst") }) {
		return nil
	}
	packages := v.Before
	if len(packages) == 0 {
		packages = preinstOrder(v.Packages)
	}
	return v.job(ctx, "preinst", packages)
}

// configure has dpkg configure everything.
func (v *run) configure(ctx context.Context) error {
	return v.job(ctx, "configure", slices.Concat(v.Before, preinstOrder(v.Packages)))
}

// job runs one of the drivers in a container.
func (v *run) job(ctx context.Context, driver string, packages []*deb.Package) error {
	out := newOutput(v.opts.Log)
	res, err := v.runner.Run(ctx, job.Job{
		Name:     driver + " " + v.name(),
		Layers:   Layers(v.database(), v.Earlier, packages, v.policyDir()),
		Scratch:  v.jobDir(),
		Args:     []string{"/bin/sh", here + "/" + driver},
		Env:      Env(v.Epoch),
		Dir:      "/",
		Hostname: Hostname,
		Accounts: v.accounts(),
	}, job.Streams{Out: out, Err: out, Checkpoint: func(line string) error { return v.checkpoint(ctx, line) }})
	out.flush()
	if err != nil {
		return err
	}
	if res.Opened != "" {
		return &SightError{Path: res.Opened, After: v.track.last}
	}
	for _, key := range res.Asked {
		v.asked[key] = true
	}
	v.refuse(res.Reports)
	if res.Exit != 0 {
		return out.failure(res)
	}
	if v.track.err != nil {
		return v.track.err
	}
	if v.track.last != doneLabel {
		return fmt.Errorf("the container ended after %q, before its last step", v.track.last)
	}
	return nil
}

// name stands for the wave in messages.
func (v *run) name() string {
	names := byName(v.Packages)
	switch len(names) {
	case 0:
		return "nothing"
	case 1:
		return names[0].Control.Name
	}
	return fmt.Sprintf("%s and %d more", names[0].Control.Name, len(names)-1)
}

func (v *run) refuse(what []string) {
	for _, s := range what {
		if v.refused[s] {
			continue
		}
		if v.refused == nil {
			v.refused = map[string]bool{}
		}
		v.refused[s] = true
		v.reports = append(v.reports, Report{Kind: Refused, Text: s})
	}
}

// verify reads what dpkg says of all packages.
func (v *run) verify() error {
	if len(v.Packages) == 0 {
		return nil // dpkg had nothing to write
	}
	text, err := v.upper.ReadFile(adminDir + "/status")
	if err != nil {
		return fmt.Errorf("read dpkg status: %w", err)
	}
	want := map[string]bool{}
	for _, p := range v.Packages {
		want[p.Control.Qualified()] = true
	}
	var bad []string
	for stanza := range strings.SplitSeq(string(text), "\n\n") {
		c, err := deb.ParseControl([]byte(stanza))
		if err != nil {
			continue // behind the last empty line
		}
		delete(want, c.Qualified())
		if s := c.Get("Status"); s != "install ok installed" {
			bad = append(bad, fmt.Sprintf("%s is %q", c.Name, s))
		}
	}
	for name := range want {
		bad = append(bad, name+" is not there")
	}
	if len(bad) > 0 {
		slices.Sort(bad)
		return fmt.Errorf("dpkg did not finish: %s", strings.Join(bad, ", "))
	}
	return nil
}
