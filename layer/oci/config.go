// Package oci makes container images out of layers and a configuration, and
// keeps them in OCI image layouts and in archives for docker and podman.
//
// What it writes follows from what it is given: it asks no clock and no host.
// A blob stands under its digest only when it is whole and on the disk, and an
// index names an image only when all its blobs are there. The package knows no
// recipe, does not run images, and speaks to no registry: that is package
// registry's.
package oci

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// A Config says how an image runs, and what it says of itself.
type Config struct {
	Architecture string // as OCI names it: "amd64"; see [Platform]
	Variant      string // "v7" of arm

	Entrypoint []string
	Cmd        []string
	Env        []string // NAME=value, each name once
	User       string   // "101:101", or names that the image knows
	WorkDir    string   // absolute; "/" if empty
	Ports      []string // "8080/tcp", "53/udp"; tcp if there is no protocol
	Volumes    []string // absolute paths
	StopSignal string   // "SIGQUIT"; SIGTERM if empty
	Health     *Health
	Labels     map[string]string

	// Created is the time of the image and of its history, in seconds since
	// 1970: SOURCE_DATE_EPOCH.
	Created int64
	// Annotations go into the manifest.
	Annotations map[string]string
}

// A Health is a command that tells whether a container is well. OCI's format
// has no place for it; docker's has, and docker and podman look there.
type Health struct {
	Command     []string // the program and its arguments; no shell runs it
	Interval    time.Duration
	Timeout     time.Duration
	StartPeriod time.Duration
	Retries     int
}

// Platform is OCI's name and variant of a Debian architecture, as GOARCH and
// GOARM spell them. A name that is not known is returned as it is.
func Platform(debian string) (architecture, variant string) {
	switch debian {
	case "i386":
		return "386", ""
	case "armhf":
		return "arm", "v7"
	case "armel":
		return "arm", "v5"
	case "arm64":
		return "arm64", "v8"
	case "ppc64el":
		return "ppc64le", ""
	case "mips64el":
		return "mips64le", ""
	}
	return debian, ""
}

// check says what no engine would take, or each would take in another way.
func (c Config) check() error {
	if c.Architecture == "" {
		return fmt.Errorf("configuration: no architecture")
	}
	for _, p := range slices.Concat(c.Volumes, []string{c.workDir()}) {
		if !path.IsAbs(p) || path.Clean(p) != p {
			return fmt.Errorf("configuration: path %q: not absolute and clean", p)
		}
	}
	names := map[string]bool{}
	for _, e := range c.Env {
		name, _, ok := strings.Cut(e, "=")
		switch {
		case !ok || name == "":
			return fmt.Errorf("configuration: environment %q: not NAME=value", e)
		case names[name]:
			return fmt.Errorf("configuration: environment %s: twice", name)
		}
		names[name] = true
	}
	for _, p := range c.Ports {
		number, protocol, _ := strings.Cut(port(p), "/")
		if n, err := strconv.Atoi(number); err != nil || n < 1 || n > 65535 {
			return fmt.Errorf("configuration: port %q: not between 1 and 65535", p)
		}
		if !slices.Contains([]string{"tcp", "udp", "sctp"}, protocol) {
			return fmt.Errorf("configuration: port %q: not tcp, udp or sctp", p)
		}
	}
	return nil
}

func port(p string) string {
	if strings.Contains(p, "/") {
		return p
	}
	return p + "/tcp"
}

func (c Config) workDir() string {
	if c.WorkDir == "" {
		return "/"
	}
	return c.WorkDir
}

// file is the configuration as the image holds it.
func (c Config) file(layers []Layer) ([]byte, error) {
	created := v1.Time{Time: time.Unix(c.Created, 0).UTC()}
	f := v1.ConfigFile{
		Architecture: c.Architecture, Variant: c.Variant, OS: "linux", Created: created,
		RootFS: v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{}},
		Config: v1.Config{
			Entrypoint: c.Entrypoint, Cmd: c.Cmd, Env: c.Env, User: c.User, WorkingDir: c.workDir(),
			StopSignal: c.StopSignal, Labels: c.Labels,
			Volumes: set(c.Volumes), ExposedPorts: set(c.Ports, port),
		},
	}
	if h := c.Health; h != nil {
		f.Config.Healthcheck = &v1.HealthConfig{
			Test:     append([]string{"CMD"}, h.Command...),
			Interval: h.Interval, Timeout: h.Timeout, StartPeriod: h.StartPeriod, Retries: h.Retries,
		}
	}
	for _, l := range layers {
		f.RootFS.DiffIDs = append(f.RootFS.DiffIDs, sha(l.DiffID))
		f.History = append(f.History, v1.History{Created: created, CreatedBy: "ashlar", Comment: l.Name})
	}
	return json.Marshal(f)
}

func set(list []string, by ...func(string) string) map[string]struct{} {
	if len(list) == 0 {
		return nil
	}
	m := make(map[string]struct{}, len(list))
	for _, s := range list {
		for _, f := range by {
			s = f(s)
		}
		m[s] = struct{}{}
	}
	return m
}
