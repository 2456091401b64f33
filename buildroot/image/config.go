package image

import (
	"fmt"
	"strings"

	"github.com/ashlar-build/ashlar/layer/oci"
	"github.com/ashlar-build/ashlar/recipe"
)

// searchPath is where programs are looked up behind image.path.
const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// path is the PATH of the image.
func (a *assembly) path() string {
	return strings.Join(append(append([]string(nil), a.image.Path...), searchPath), ":")
}

// config is what the image says to those that run it. The user is written as
// numbers: engines need no passwd file then, and Kubernetes' runAsNonRoot, which
// cannot see a name's number, lets it run.
func (a *assembly) config(created int64) oci.Config {
	r, img := a.in.Recipe, a.image
	c := oci.Config{
		Entrypoint: img.Entrypoint, Cmd: img.Cmd, WorkDir: img.Workdir, StopSignal: img.StopSignal,
		Env: a.env(), User: a.numericUser(), Labels: a.labels(), Created: created,
	}
	if len(img.Services) > 0 {
		c.Entrypoint, c.Cmd = []string{s6Init}, nil
	}
	c.Architecture, c.Variant = oci.Platform(r.Arch)
	for _, p := range img.Ports {
		c.Ports = append(c.Ports, fmt.Sprintf("%d/%s", p.Number, p.Proto))
	}
	for _, m := range img.State {
		c.Volumes = append(c.Volumes, m.Path)
	}
	if h := img.Health; h != nil && len(h.Command) > 0 {
		c.Health = &oci.Health{
			Command: h.Command, Interval: h.Interval, Timeout: h.Timeout, StartPeriod: h.StartPeriod, Retries: h.Retries,
		}
	}
	return c
}

// env is the environment: PATH and LANG, unless the recipe sets them, then the
// recipe's in its order.
func (a *assembly) env() []string {
	env := []string{"PATH=" + a.path()}
	lang := recipe.Var{Name: "LANG", Value: a.image.Locale}
	own := a.image.Env
	if lang.Value != "" && !hasVar(own, "LANG") && !hasVar(own, "LC_ALL") {
		own = append([]recipe.Var{lang}, own...)
	}
	if zone := a.image.Timezone; zone != "" && zone != "UTC" && !hasVar(own, "TZ") {
		own = append([]recipe.Var{{Name: "TZ", Value: zone}}, own...)
	}
	for _, v := range own {
		if v.Name == "PATH" {
			env[0] = "PATH=" + v.Value
			continue
		}
		env = append(env, v.Name+"="+v.Value)
	}
	return env
}

func hasVar(vars []recipe.Var, name string) bool {
	for _, v := range vars {
		if v.Name == name {
			return true
		}
	}
	return false
}

// labels are those of the OCI image specification's annotations, from what the
// recipe says of itself, and the recipe's own over them.
func (a *assembly) labels() map[string]string {
	r := a.in.Recipe
	labels := map[string]string{}
	for key, value := range map[string]string{
		"title": r.Name, "version": r.Version, "description": r.Summary, "licenses": r.License, "url": r.Homepage,
	} {
		if value != "" {
			labels["org.opencontainers.image."+key] = value
		}
	}
	for _, l := range a.image.Labels {
		labels[l.Name] = l.Value
	}
	return labels
}

// numericUser is the image's user and group as numbers.
func (a *assembly) numericUser() string {
	user, group := a.userAndGroup()
	ids := a.accounts.ids()
	uid, gid := user, group
	if n, ok := ids.Users[user]; ok {
		uid = fmt.Sprint(n)
	}
	if n, ok := ids.Groups[group]; ok {
		gid = fmt.Sprint(n)
	}
	return uid + ":" + gid
}
