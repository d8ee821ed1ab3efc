package main

import (
	"fmt"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// shaping is in the units of the API: bit/s and bytes.
type shaping struct {
	Enabled              bool
	Average, Peak, Burst int64
}

type security struct {
	Promiscuous, MacChanges, ForgedTransmits bool
}

func (s *shaping) distributed() *types.DVSTrafficShapingPolicy {
	if s == nil {
		return nil
	}
	return &types.DVSTrafficShapingPolicy{
		Enabled:          &types.BoolPolicy{Value: &s.Enabled},
		AverageBandwidth: &types.LongPolicy{Value: s.Average},
		PeakBandwidth:    &types.LongPolicy{Value: s.Peak},
		BurstSize:        &types.LongPolicy{Value: s.Burst},
	}
}

// shape reconfigures a distributed port group by the API.
func (v *vcenter) shape(c command) error {
	network, err := v.finder.Network(v, c.Network)
	if err != nil {
		return err
	}
	portgroup, ok := network.(*object.DistributedVirtualPortgroup)
	if !ok {
		return fmt.Errorf("%q is no distributed port group", c.Network)
	}
	setting := types.VMwareDVSPortSetting{}
	setting.InShapingPolicy = c.In.distributed()
	setting.OutShapingPolicy = c.Out.distributed()
	if s := c.Security; s != nil {
		setting.SecurityPolicy = &types.DVSSecurityPolicy{
			AllowPromiscuous: &types.BoolPolicy{Value: &s.Promiscuous},
			MacChanges:       &types.BoolPolicy{Value: &s.MacChanges},
			ForgedTransmits:  &types.BoolPolicy{Value: &s.ForgedTransmits},
		}
	}
	return v.wait(portgroup.Reconfigure(v, types.DVPortgroupConfigSpec{DefaultPortConfig: &setting}))
}

// controlTraffic sets Network I/O Control of the one switch: the limit of virtual machines' traffic on each physical NIC.
func (v *vcenter) controlTraffic(c command) error {
	dvs, ok := v.Map.Any("DistributedVirtualSwitch").(*simulator.DistributedVirtualSwitch)
	if !ok {
		return fmt.Errorf("there is no distributed switch")
	}
	limit, reservation := int64(-1), int64(0)
	if c.LimMbps != nil {
		limit = *c.LimMbps
	}
	resources := []types.DvsHostInfrastructureTrafficResource{{
		Key: string(types.DistributedVirtualSwitchHostInfrastructureTrafficClassVirtualMachine),
		AllocationInfo: types.DvsHostInfrastructureTrafficResourceAllocation{
			Limit: &limit, Reservation: &reservation,
			Shares: &types.SharesInfo{Shares: 100, Level: types.SharesLevelHigh},
		},
	}}
	v.WithLock(dvs, func() {
		config := dvs.Config.GetDVSConfigInfo()
		config.NetworkResourceManagementEnabled = c.On
		config.NetworkResourceControlVersion = string(types.DistributedVirtualSwitchNetworkResourceControlVersionVersion3)
		config.InfrastructureTrafficResourceConfig = resources
		empty := &mo.DistributedVirtualSwitch{}
		empty.Self = dvs.Self
		tell(v.Context, empty,
			types.PropertyChange{Name: "config.networkResourceManagementEnabled", Val: c.On},
			types.PropertyChange{Name: "config.networkResourceControlVersion", Val: config.NetworkResourceControlVersion},
			types.PropertyChange{Name: "config.infrastructureTrafficResourceConfig", Val: resources})
	})
	return nil
}

// addStandardPortgroup adds one to vSwitch0 of a host, and where a real host shows it: in its configuration.
func (v *vcenter) addStandardPortgroup(c command) error {
	host, err := v.finder.HostSystem(v, "*/"+c.Host)
	if err != nil {
		return err
	}
	system, err := host.ConfigManager().NetworkSystem(v)
	if err != nil {
		return err
	}
	spec := types.HostPortGroupSpec{Name: c.Name, VswitchName: "vSwitch0"}
	if c.In != nil {
		spec.Policy.ShapingPolicy = &types.HostNetworkTrafficShapingPolicy{
			Enabled: &c.In.Enabled, AverageBandwidth: c.In.Average, PeakBandwidth: c.In.Peak, BurstSize: c.In.Burst,
		}
	}
	if s := c.Security; s != nil {
		spec.Policy.Security = &types.HostNetworkSecurityPolicy{
			AllowPromiscuous: &s.Promiscuous, MacChanges: &s.MacChanges, ForgedTransmits: &s.ForgedTransmits,
		}
	}
	if err := system.AddPortGroup(v, spec); err != nil {
		return err
	}
	var properties mo.HostSystem
	if err := host.Properties(v, host.Reference(), []string{"config.network.portgroup"}, &properties); err != nil {
		return err
	}
	added := types.HostPortGroup{
		Key: "key-vim.host.PortGroup-" + c.Name, Vswitch: "key-vim.host.VirtualSwitch-vSwitch0",
		Spec: spec, ComputedPolicy: spec.Policy,
	}
	all := append(properties.Config.Network.Portgroup, added)
	v.change(host.Reference(), types.PropertyChange{Name: "config.network.portgroup", Val: all})
	return nil
}
