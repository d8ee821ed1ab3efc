import { element, ref } from "./fake-vcenter-xml.mjs";

/** Managers by their names on the wire, in its order. */
const BEFORE_ABOUT = [
  ["rootFolder", "Folder", "group-d1"],
  ["propertyCollector", "PropertyCollector", "propertyCollector"],
  ["viewManager", "ViewManager", "ViewManager"],
];
const AFTER_ABOUT = [
  ["setting", "OptionManager", "VpxSettings"],
  ["userDirectory", "UserDirectory", "UserDirectory"],
  ["sessionManager", "SessionManager", "SessionManager"],
  ["authorizationManager", "AuthorizationManager", "AuthorizationManager"],
  ["serviceManager", "ServiceManager", "ServiceMgr"],
  ["perfManager", "PerformanceManager", "PerfMgr"],
  ["scheduledTaskManager", "ScheduledTaskManager", "ScheduledTaskManager"],
  ["alarmManager", "AlarmManager", "AlarmManager"],
  ["eventManager", "EventManager", "EventManager"],
  ["taskManager", "TaskManager", "TaskManager"],
  ["extensionManager", "ExtensionManager", "ExtensionManager"],
  ["customFieldsManager", "CustomFieldsManager", "CustomFieldsManager"],
  ["licenseManager", "LicenseManager", "LicenseManager"],
  ["searchIndex", "SearchIndex", "SearchIndex"],
  ["dvSwitchManager", "DistributedVirtualSwitchManager", "DVSManager"],
  ["guestOperationsManager", "GuestOperationsManager", "guestOperationsManager"],
];

function managers(rows) {
  return rows.map(([name, type, id]) => element(name, ref(type, id))).join("");
}

/** What RetrieveServiceContent returns. */
export function serviceContent({ version = "8.0.3", apiVersion = "8.0.3.0", instanceUuid }) {
  const about = {
    name: "VMware vCenter Server",
    fullName: `VMware vCenter Server ${version} build-24022515`,
    vendor: "VMware, Inc.",
    version,
    patchLevel: "00000",
    build: "24022515",
    localeVersion: "INTL",
    localeBuild: "000",
    osType: "linux-x64",
    productLineId: "vpx",
    apiType: "VirtualCenter",
    apiVersion,
    instanceUuid,
    licenseProductName: "VMware VirtualCenter Server",
    licenseProductVersion: "8.0",
  };
  return `<returnval>${managers(BEFORE_ABOUT)}${element("about", about)}${managers(AFTER_ABOUT)}</returnval>`;
}
