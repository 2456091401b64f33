package recipe

import "slices"

// over returns m with the settings of the image that it begins with, where it
// says nothing itself. Tables merge, lists and strings replace. Where the two do
// not know of each other all of a thing is replaced: an entrypoint takes the cmd
// that belonged to the old one away, and a heartbeat is one or the other.
func (m *Image) over(base *Image) *Image {
	out := *m
	said := func(keys ...string) bool {
		return slices.ContainsFunc(keys, func(k string) bool { return slices.Contains(m.Said, k) })
	}
	out.runs(base, said)
	instead(said("user"), &out.User, base.User)
	instead(said("workdir"), &out.Workdir, base.Workdir)
	instead(said("path"), &out.Path, base.Path)
	instead(said("ports"), &out.Ports, base.Ports)
	instead(said("state"), &out.State, base.State)
	instead(said("scratch"), &out.Scratch, base.Scratch)
	instead(said("locale"), &out.Locale, base.Locale)
	instead(said("locales"), &out.Locales, base.Locales)
	instead(said("locales"), &out.LocalesPos, base.LocalesPos)
	instead(said("locale", "locales"), &out.LocalePos, base.LocalePos)
	instead(said("timezone"), &out.Timezone, base.Timezone)
	instead(said("timezone"), &out.ZonePos, base.ZonePos)
	instead(said("cut"), &out.Cut, base.Cut)
	instead(said("keep"), &out.Keep, base.Keep)
	instead(said("health"), &out.Health, base.Health)
	out.Env = merge(base.Env, m.Env, func(v Var) string { return v.Name })
	out.Labels = merge(base.Labels, m.Labels, func(v Var) string { return v.Name })
	for _, key := range base.Said {
		if !said(key) && key != "from" {
			out.Said = append(out.Said, key)
		}
	}
	return &out
}

// runs is what of the base's program or services is left: an entrypoint takes the
// place of services, and services that of an entrypoint.
func (m *Image) runs(base *Image, said func(...string) bool) {
	if said("entrypoint") {
		instead(said("stop-signal"), &m.StopSignal, base.StopSignal)
		return
	}
	m.Services = merge(base.Services, m.Services, func(s Service) string { return s.Name })
	if said("service") && len(base.Services) == 0 {
		return
	}
	m.Entrypoint = base.Entrypoint
	if !said("cmd") {
		m.Cmd, m.EntryPos = base.Cmd, base.EntryPos
	}
	instead(said("stop-signal"), &m.StopSignal, base.StopSignal)
	instead(said("stop-signal"), &m.StopPos, base.StopPos)
}

// instead puts what the image below says where nothing is said.
func instead[T any](said bool, at *T, base T) {
	if !said {
		*at = base
	}
}

// merge lays the entries of a table over those of another.
func merge[T any](base, own []T, name func(T) string) []T {
	out := slices.Clone(base)
	for _, e := range own {
		at := slices.IndexFunc(out, func(b T) bool { return name(b) == name(e) })
		if at < 0 {
			out = append(out, e)
			continue
		}
		out[at] = e
	}
	return out
}
