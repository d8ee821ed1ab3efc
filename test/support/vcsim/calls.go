package main

import (
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// calls watches what clients ask over the network, and gets in their way where told.
type calls struct {
	mutex   sync.Mutex
	counted map[string]int
	delays  map[string]time.Duration
	refused int
	status  int
}

// before is called by the simulator ahead of each method.
func (c *calls) before(ctx *simulator.Context, method *simulator.Method) (mo.Reference, types.BaseMethodFault) {
	if reconfigure, ok := method.Body.(*types.ReconfigureDVPortgroup_Task); ok {
		publishPortgroup(ctx, reconfigure)
	}
	// Our own commands are carried out in a session without a user.
	if ctx.Session != nil && ctx.Session.UserName == "" {
		return nil, nil
	}
	c.mutex.Lock()
	c.counted[method.Name]++
	delay, ok := c.delays[method.Name]
	if !ok {
		delay = c.delays["*"]
	}
	c.mutex.Unlock()
	time.Sleep(delay)
	return nil, nil
}

// refusing answers so many requests with an HTTP status of its own.
func (c *calls) refusing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mutex.Lock()
		refuse := c.refused > 0
		if refuse {
			c.refused--
		}
		status := c.status
		c.mutex.Unlock()
		if refuse {
			http.Error(w, http.StatusText(status), status)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// publishPortgroup does what the simulator leaves out: what a reconfiguration does not name stays as it is, and clients
// that wait for updates hear of it.
func publishPortgroup(ctx *simulator.Context, req *types.ReconfigureDVPortgroup_Task) {
	portgroup, ok := ctx.Map.Get(req.This).(*simulator.DistributedVirtualPortgroup)
	if !ok {
		return
	}
	ctx.WithLock(portgroup, func() {
		config, spec := portgroup.Config, &req.Spec
		if spec.DefaultPortConfig == nil {
			spec.DefaultPortConfig = config.DefaultPortConfig
		} else if reflect.TypeOf(spec.DefaultPortConfig) == reflect.TypeOf(config.DefaultPortConfig) {
			keep(reflect.ValueOf(spec.DefaultPortConfig).Elem(), reflect.ValueOf(config.DefaultPortConfig).Elem())
		}
		keep(reflect.ValueOf(&spec.Name).Elem(), reflect.ValueOf(config.Name))
		keep(reflect.ValueOf(&spec.Type).Elem(), reflect.ValueOf(config.Type))
		keep(reflect.ValueOf(&spec.NumPorts).Elem(), reflect.ValueOf(config.NumPorts))
		keep(reflect.ValueOf(&spec.Policy).Elem(), reflect.ValueOf(&config.Policy).Elem())
		ctx.Update(portgroup, []types.PropertyChange{
			{Name: "config.defaultPortConfig", Val: spec.DefaultPortConfig},
			{Name: "config.name", Val: spec.Name},
		})
	})
}

// keep puts the old value wherever there is no new one.
func keep(new, old reflect.Value) {
	if new.IsZero() {
		new.Set(old)
	} else if new.Kind() == reflect.Struct {
		for i := range new.NumField() {
			keep(new.Field(i), old.Field(i))
		}
	}
}
