package main

import (
	"encoding/json"
	"io"
	"time"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/buildroot/fetch"
)

// events is the view for programs: a JSON object a line.
type events struct{ enc *json.Encoder }

func newEvents(w io.Writer) *events { return &events{json.NewEncoder(w)} }

// jsonEvent is one line. Fields without a meaning for the event are left out.
type jsonEvent struct {
	Time    time.Time `json:"time"`
	Event   string    `json:"event"`            // stored, wanted, started, output, done, failed, fetching, fetched; error at the end
	Action  string    `json:"action,omitempty"` // its ID, as `ashlar plan` prints it
	Kind    string    `json:"kind,omitempty"`
	Label   string    `json:"label,omitempty"`
	Recipe  string    `json:"recipe,omitempty"`
	Seconds float64   `json:"seconds,omitempty"` // done, failed: that it took; wanted: that it took the last time
	Line    string    `json:"line,omitempty"`    // output
	Log     string    `json:"log,omitempty"`     // done: SHA-256 of the log, which `ashlar log` prints
	Notes   []string  `json:"notes,omitempty"`
	Error   string    `json:"error,omitempty"`
	URL     string    `json:"url,omitempty"`   // fetching, fetched
	Bytes   int64     `json:"bytes,omitempty"` // that are here
	Total   int64     `json:"total,omitempty"`
}

// stateNames are the words for what a build's events say.
var stateNames = [...]string{
	buildroot.Stored: "stored", buildroot.Wanted: "wanted", buildroot.Started: "started",
	buildroot.Output: "output", buildroot.Done: "done", buildroot.Failed: "failed",
}

func (v *events) event(ev buildroot.Event) {
	a := ev.Action
	e := jsonEvent{
		Event: stateNames[ev.State], Action: string(a.ID), Kind: string(a.Kind), Label: a.Label, Recipe: a.Recipe,
		Seconds: (ev.Took + ev.Past).Seconds(), Line: ev.Line, Log: ev.Log, Notes: ev.Notes,
	}
	if ev.Err != nil {
		e.Error = ev.Err.Error()
	}
	v.put(e)
}

func (v *events) download(d fetch.Progress) {
	e := jsonEvent{Event: "fetching", Label: d.Name, URL: d.URL, Bytes: d.Bytes, Total: d.Total}
	if d.Done {
		e.Event = "fetched"
	}
	if d.Err != nil {
		e.Error = d.Err.Error()
	}
	v.put(e)
}

func (v *events) end() {}

// put prints one line. Who has stopped reading is not told.
func (v *events) put(e jsonEvent) {
	e.Time = time.Now().UTC()
	_ = v.enc.Encode(e)
}
