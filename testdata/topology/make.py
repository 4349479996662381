#!/usr/bin/env python3
"""Writes the exports of this folder: one estate, Contoso, in each form in which Lync and its tools write it."""

import io
import json
import pathlib
import zipfile

HERE = pathlib.Path(__file__).parent
NS = "urn:schema:Microsoft.Rtc.Management.Deploy."

SITES = {"1": "HQ", "2": "Zürich"}
# number: (site, name, machines)
CLUSTERS = {
    "1": ("1", "lyncpool.contoso.com", ["lync01.contoso.com", "lync02.contoso.com"]),
    "2": ("1", "pchatpool.contoso.com", ["pchat01.contoso.com", "pchat02.contoso.com"]),
    "3": ("1", "sql01.contoso.com", ["sql01.contoso.com"]),
    "4": ("1", "files.contoso.com", ["files.contoso.com"]),
    "5": ("1", "gw01.contoso.com", ["gw01.contoso.com"]),
    "6": ("1", "owa.contoso.com", ["owa.contoso.com"]),
    "7": ("1", "edgepool.contoso.com", ["edge01.contoso.com", "edge02.contoso.com"]),
    "8": ("1", "medpool.contoso.com", ["med01.contoso.com"]),
    "9": ("1", "dirpool.contoso.com", ["dir01.contoso.com"]),
    "10": ("2", "se01.contoso.com", ["se01.contoso.com"]),
    "11": ("2", "sba01.contoso.com", ["sba01.contoso.com"]),
    "12": ("2", "app01.contoso.com", ["app01.contoso.com"]),
    "13": ("1", "spare.contoso.com", ["spare.contoso.com"]),
}


def port(number, protocol, owner, side="Primary", **more):
    attributes = {
        "Owner": f"urn:component:{owner}", "Usage": "Default", "InterfaceSide": side, "InterfaceNumber": "1",
        "Port": str(number), "Protocol": protocol, **more,
    }
    return "<Port " + " ".join(f'{key}="{value}"' for key, value in attributes.items()) + " />"


REGISTRAR = [port(5061, "Mtls", "Registrar"), port(5060, "Tcp", "Registrar"), port(5065, "Mtls", "QoE")]
USERS = [port(444, "Mtls", "Focus"), port(9001, "Tcp", "ConferenceDirectory")]
WEB = [
    port(443, "Https", "OCSWebSite", UrlPath="/"), port(443, "Https", "PersistentChatWeb", UrlPath="/PersistentChat"),
    port(80, "Http", "OCSWebSite"), port(5086, "Mtls", "McxService"),
    port(4443, "Https", "OCSWebSite", "External", ConfiguredPort="443"), port(8080, "Http", "OCSWebSite", "External"),
]
# (role, cluster, ports, the service's own element)
SERVICES = []


def web(host):
    return (
        f'<WebService xmlns="{NS}ServiceRoles.2008"><ExternalSettings Host="{host}"><OverrideUrls /></ExternalSettings>'
        f'<WebComponents xmlns="{NS}WebServices.2011"><Component ComponentName="Lwa" />'
        '<Component ComponentName="PersistentChatWeb" /></WebComponents></WebService>'
    )


def front_end(cluster, host):
    SERVICES.append(("Registrar", cluster, REGISTRAR, '<RegistrarService IsDirector="false" />'))
    SERVICES.append(("UserServices", cluster, USERS, ""))
    SERVICES.append(("WebServices", cluster, WEB, web(host)))
    SERVICES.append(("ConfServices", cluster, [port(5062, "Mtls", "ImMcu"), port(8057, "Tls", "DataMcu")], ""))


front_end("1", "lyncweb.contoso.com")
front_end("10", "seweb.contoso.com")
SERVICES += [
    ("PersistentChatService", "2", [port(5041, "Mtls", "PersistentChat"), port(881, "Mtls", "PersistentChat")], ""),
    ("PersistentChatStore", "3", [], ""),
    ("UserStore", "3", [], ""),
    ("FileStore", "4", [], ""),
    ("PstnGateway", "5", [port(5067, "Tls", "Gateway")], ""),
    ("WacService", "6", [port(443, "Https", "Wac")], ""),
    ("EdgeServer", "7", [
        port(5061, "Mtls", "AccessEdge", "Internal"),
        port(443, "Tls", "AccessEdge", "External", ConfiguredFqdn="sip.contoso.com"),
        port(5061, "Mtls", "AccessEdge", "External", ConfiguredFqdn="sip.contoso.com"),
        port(443, "Tls", "DataProxy", "External", ConfiguredFqdn="webconf.contoso.com"),
        port(443, "Tls", "MediaRelay", "External", ConfiguredFqdn="av.contoso.com"),
        port(3478, "Udp", "MediaRelay", "External", ConfiguredFqdn="av.contoso.com"),
    ], ""),
    ("MediationServer", "8", [port(5070, "Mtls", "Mediation"), port(5067, "Tls", "Mediation"), port(5068, "Tcp", "Mediation")], ""),
    ("Registrar", "9", REGISTRAR, '<RegistrarService IsDirector="true" />'),
    ("WebServices", "9", WEB, web("dirweb.contoso.com")),
    ("Registrar", "11", REGISTRAR, '<RegistrarService IsDirector="false" />'),
    ("MediationServer", "11", [port(5070, "Mtls", "Mediation")], ""),
    ("ExternalServer", "12", [port(8443, "Mtls", "Bot")], ""),
]


def published(version="6"):
    out = [
        f'<Topology xmlns="{NS}Topology.2008" Signature="00000000-0000-0000-0000-000000000001">',
        '<InternalDomains AllowAllDomains="false" DefaultDomain="contoso.com"><InternalDomain Name="contoso.com" /></InternalDomains>',
        "<Sites>",
    ]
    for number, name in SITES.items():
        out.append(f'<CentralSite SiteId="{number}"><Name>{name}</Name><Location /></CentralSite>')
    out.append("</Sites><Clusters>")
    for number, (site, name, machines) in CLUSTERS.items():
        out.append(f'<Cluster RequiresReplication="true" RequiresSetup="true" Fqdn="{name}"><ClusterId SiteId="{site}" Number="{number}" />')
        for ordinal, machine in enumerate(machines, 1):
            out.append(f'<Machine OrdinalInCluster="{ordinal}" Fqdn="{machine}"><NetInterface InterfaceSide="Primary" InterfaceNumber="1" IPAddress="0.0.0.0" /></Machine>')
        out.append("</Cluster>")
    out.append("</Clusters><Services>")
    for instance, (role, cluster, ports, more) in enumerate(SERVICES, 1):
        site = CLUSTERS[cluster][0]
        on = f'<ClusterId SiteId="{site}" Number="{cluster}" />'
        if role.endswith("Store") and role != "FileStore":
            on = f'<SqlInstanceId Name="rtc">{on}</SqlInstanceId>'
        out.append(f'<Service RoleVersion="1" ServiceVersion="{version}" Type="Internal.{role}"><ServiceId SiteId="{site}" RoleName="{role}" Instance="{instance}" />')
        out.append('<DependsOn><Dependency Usage="Default"><ServiceId SiteId="1" RoleName="UserStore" Instance="1" /></Dependency></DependsOn>')
        out.append(f'<InstalledOn>{on}</InstalledOn>')
        if ports:
            out.append(f'<Ports xmlns="{NS}ServiceRoles.2008">' + "".join(ports) + "</Ports>")
        out.append(f"{more}</Service>")
    out.append(f"</Services>{simple_urls()}</Topology>")
    return "\n".join(out) + "\n"


def simple_urls():
    out = '<SimpleUrlConfiguration xmlns="urn:schema:Microsoft.Rtc.Management.Settings.SimpleUrl.2008">'
    for component in ("meet", "dialin"):
        url = f"https://{component}.contoso.com"
        out += f'<SimpleUrl Component="{component.title()}" Domain="*" ActiveUrl="{url}"><SimpleUrlEntry Url="{url}" /></SimpleUrl>'
    return out + "</SimpleUrlConfiguration>"


def builder():
    guid = lambda number: f"00000000-0000-0000-0000-{int(number):012d}"
    out = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<TopologyBuilder xmlns="{NS}TopologyBuilder.2008" IsFreeFromChanges="false" FileName="C:\\Users\\somebody\\contoso.tbxml">',
        f'<NewTopology><PartialTopology xmlns="{NS}WritableTopology.2008" IsPublished="false" Signature="{guid(0)}">',
        '<InternalDomains AllowAllDomains="false" DefaultDomain="contoso.com" /><CentralSites>',
    ]
    for number, name in SITES.items():
        out.append(f'<CentralSite SiteId="{number}"><Name>{name}</Name><Clusters>')
        for cluster, (site, fqdn, machines) in CLUSTERS.items():
            if site == number:
                inside = "".join(f'<Machine UniqueId="{guid(1000 + int(cluster))}" Fqdn="{machine}" />' for machine in machines)
                out.append(f'<Cluster UniqueId="{guid(cluster)}" Fqdn="{fqdn}" IsSingleMachineOnly="false"><Machines>{inside}</Machines></Cluster>')
        out.append("</Clusters></CentralSite>")
    out.append("</CentralSites><Services>")
    for instance, (role, cluster, ports, more) in enumerate(SERVICES, 1):
        out.append(f'<Service UniqueId="{guid(500 + instance)}" RoleName="{role}" InstalledOn="{guid(cluster).upper()}" ServiceVersion="6">')
        out.append(f'<DependsOn><Dependency Usage="Default" ServiceUniqueId="{guid(999)}" /></DependsOn><Ports>{"".join(ports)}</Ports>{more}</Service>')
    out.append(f"</Services>{simple_urls()}</PartialTopology></NewTopology></TopologyBuilder>")
    return "\r\n".join(out)


def standard_edition():
    """Skype for Business 2015 on one server, prefixes everywhere, other ports, no Persistent Chat pool."""
    return f"""<?xml version="1.0" encoding="utf-8"?>
<t:Topology xmlns:t="{NS}Topology.2008" xmlns:r="{NS}ServiceRoles.2008">
  <!-- unknown elements and comments do not matter -->
  <t:Unknown><t:Machine2 /></t:Unknown>
  <t:Sites><t:CentralSite SiteId="1"><t:Name>R&amp;D</t:Name></t:CentralSite></t:Sites>
  <t:Clusters>
    <t:Cluster Fqdn="SE01.Fabrikam.com"><t:ClusterId SiteId="1" Number="1"/><t:Machine OrdinalInCluster="1" Fqdn="se01.fabrikam.com"/></t:Cluster>
  </t:Clusters>
  <t:Services>
    <t:Service ServiceVersion="7"><t:ServiceId SiteId="1" RoleName="Registrar" Instance="1"/><t:InstalledOn><t:ClusterId SiteId="1" Number="1"/></t:InstalledOn>
      <r:Ports>{port(5061, "Mtls", "Registrar").replace("<Port", "<r:Port")}</r:Ports></t:Service>
    <t:Service ServiceVersion="7"><t:ServiceId SiteId="1" RoleName="UserServices" Instance="1"/><t:InstalledOn><t:ClusterId SiteId="1" Number="1"/></t:InstalledOn>
      <r:Ports>{port(444, "Mtls", "Focus").replace("<Port", "<r:Port")}</r:Ports></t:Service>
    <t:Service ServiceVersion="7"><t:ServiceId SiteId="1" RoleName="WebServices" Instance="1"/><t:InstalledOn><t:ClusterId SiteId="1" Number="1"/></t:InstalledOn>
      <r:Ports>{port(8443, "Https", "OCSWebSite").replace("<Port", "<r:Port")}{port(4444, "Https", "OCSWebSite", "External", ConfiguredPort="9443").replace("<Port", "<r:Port")}</r:Ports>
      <r:WebService><r:ExternalSettings Host="web.fabrikam.com"/><r:WebComponents><r:Component ComponentName="PersistentChatWeb"/></r:WebComponents></r:WebService></t:Service>
  </t:Services>
</t:Topology>
"""


def objects():
    pools = [
        {"Identity": "lyncpool.contoso.com", "Fqdn": "lyncpool.contoso.com", "Computers": ["lync01.contoso.com", "lync02.contoso.com"], "Site": "Site:HQ"},
        {"Identity": "pchatpool.contoso.com", "Fqdn": "pchatpool.contoso.com", "Computers": ["pchat01.contoso.com", "pchat02.contoso.com", "pchat03.contoso.com"], "Site": "Site:HQ"},
        {"Identity": "sql01.contoso.com", "Fqdn": "sql01.contoso.com", "Computers": ["sql01.contoso.com"], "Site": "Site:HQ"},
    ]
    services = [
        {"Identity": "Registrar:lyncpool.contoso.com", "PoolFqdn": "lyncpool.contoso.com", "Version": 6, "SipPort": 5061},
        {"Identity": "UserServer:lyncpool.contoso.com", "PoolFqdn": "lyncpool.contoso.com", "Version": 6},
        {
            "Identity": "WebServer:lyncpool.contoso.com", "PoolFqdn": "lyncpool.contoso.com", "Version": 6, "PrimaryHttpsPort": 443,
            "ExternalHttpsPort": 4443, "PublishedExternalHttpsPort": 443, "InternalFqdn": "lyncwebint.contoso.com", "ExternalFqdn": "lyncweb.contoso.com",
        },
        {
            "Identity": "PersistentChatServer:pchatpool.contoso.com", "PoolFqdn": "pchatpool.contoso.com", "Version": 6, "MtlsPort": 5041,
            "ActiveServers": ["pchat01.contoso.com", "pchat02.contoso.com"], "InactiveServers": ["pchat03.contoso.com"],
        },
        {"Identity": "UserDatabase:sql01.contoso.com#rtc", "PoolFqdn": "sql01.contoso.com", "Version": 6},
    ]
    computers = [
        {"Identity": name, "Fqdn": name, "Pool": pool["Fqdn"]} for pool in pools for name in pool["Computers"]
    ]
    return pools, services, computers


def csv(type_name, rows, delimiter=","):
    columns = list(rows[0])
    quoted = lambda texts: delimiter.join(f'"{text}"' for text in texts)
    as_text = lambda value: "System.Collections.ObjectModel.Collection`1[System.String]" if isinstance(value, list) else value
    lines = [f"#TYPE {type_name}", quoted(columns)] + [quoted(as_text(row.get(column, "")) for column in columns) for row in rows]
    return "\r\n".join(lines) + "\r\n"


def archive(name, text):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for entry, content in (("[Content_Types].xml", "<Types />"), (name, text)):
            info = zipfile.ZipInfo(entry, (2026, 11, 23, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(info, content)
    return out.getvalue()


topology = published()
pools, services, computers = objects()
files = {
    # As `Out-File` of Windows PowerShell writes it.
    "published-2013.xml": ("\ufeff" + topology.replace("\n", "\r\n")).encode("utf-16-le"),
    "published-2015-standard-edition.xml": standard_edition().encode(),
    "builder-2013.tbxml": ("\ufeff" + builder()).encode(),
    "configuration-2013.zip": archive(
        "DocItemSet.xml", f'<DocItemSet><DocItem Name="urn:other"><Data><Other /></Data></DocItem><DocItem Name="urn:topology"><Data>{topology}</Data></DocItem></DocItemSet>'
    ),
    "pools.csv": csv("Microsoft.Rtc.Management.Xds.DisplayPool", pools).encode(),
    "services.csv": csv("Microsoft.Rtc.Management.Xds.DisplayRegistrar", services).encode("utf-16"),
    "computers.csv": csv("Microsoft.Rtc.Management.Xds.DisplayComputer", computers, ";").encode(),
    "pools.json": json.dumps(pools, indent=4).replace("\n", "\r\n").encode(),
    "services.json": ("\ufeff" + json.dumps({"value": services, "Count": len(services)}, indent=4)).encode(),
}
for name, content in files.items():
    (HERE / name).write_bytes(content)
