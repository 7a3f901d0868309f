import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  FieldColorBuilder,
  FieldColorModeId,
  type Panel as GrafanaPanel,
  MappingType,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as StatesBuilder } from "@grafana/grafana-foundation-sdk/statetimeline";
import { PanelBuilder as SeriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import type { Dashboard, Meaning, Panel, Query, Step, Variable } from "./model.ts";

const datasource = { type: "prometheus", uid: "$datasource" };
/** Every value, and never the empty one: a series without the label is somebody else's. */
const all = { text: "All", value: "$__all" };

/** The dashboard in Grafana's JSON (schema of Grafana 11 and later), ready to be committed. */
export function renderDashboard(dashboard: Dashboard): string {
  const builder = new DashboardBuilder(dashboard.title)
    .uid(dashboard.uid)
    .description(dashboard.description)
    .tags([...dashboard.tags])
    .timezone("browser")
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: "now-3h", to: "now" })
    .refresh("30s")
    .link(
      new DashboardLinkBuilder("Dragonfly dashboards")
        .type(DashboardLinkType.Dashboards)
        .tags(["dragonfly"])
        .asDropdown(true)
        .keepTime(true),
    )
    .withVariable(new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"));
  for (const variable of dashboard.variables) builder.withVariable(queryVariable(variable));
  for (const mark of dashboard.marks) {
    builder.annotation(
      new AnnotationQueryBuilder()
        .name(mark.name)
        .datasource(datasource)
        .enable(true)
        .iconColor("orange")
        .expr(mark.expr)
        .titleFormat(mark.text),
    );
  }
  // Fixed numbers, so that a link to one panel survives the next edit of its row.
  let id = 0;
  for (const row of dashboard.rows) {
    id += 1;
    builder.withRow(new RowBuilder(row.title).id(id));
    for (const panel of row.panels) {
      id += 1;
      builder.withPanel(panelBuilder(panel, id));
    }
  }
  return `${JSON.stringify(builder.build(), null, 2)}\n`;
}

function queryVariable({ name, label, description, values }: Variable): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .description(description)
    .datasource(datasource)
    .query({ query: values, refId: name })
    .definition(values)
    .multi(true)
    .includeAll(true)
    .allValue(".+")
    .current(all)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc);
}

function panelBuilder(panel: Panel, id: number): Builder<GrafanaPanel> {
  const builder = withKind(panel)
    .id(id)
    .title(panel.title)
    .description(panel.description)
    .datasource(datasource)
    .span(panel.width)
    .height(panel.height)
    .noValue("no data");
  if (panel.unit !== undefined) builder.unit(panel.unit);
  if (panel.decimals !== undefined) builder.decimals(panel.decimals);
  if (panel.min !== undefined) builder.min(panel.min);
  if (panel.max !== undefined) builder.max(panel.max);
  if (panel.meanings !== undefined) builder.mappings(mappings(panel.meanings));
  builder.thresholds(thresholds(panel.steps ?? [{ from: null, color: "text" }]));
  for (const [i, query] of panel.queries.entries()) builder.withTarget(target(panel, query, i));
  return builder;
}

function withKind(panel: Panel): StatBuilder | StatesBuilder | SeriesBuilder {
  const tooltip = new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending);
  switch (panel.kind) {
    case "value":
      return new StatBuilder()
        .graphMode(BigValueGraphMode.None)
        .colorMode(BigValueColorMode.Background)
        .textMode(BigValueTextMode.Auto)
        .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
        .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false));
    case "states":
      return new StatesBuilder()
        .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
        .lineWidth(0)
        .fillOpacity(80)
        .showValue(VisibilityMode.Auto)
        .mergeValues(true)
        .tooltip(tooltip)
        .legend(legend([]));
    case "lines":
    case "stack":
    case "bars":
      return overTime(panel).tooltip(tooltip);
  }
}

function overTime(panel: Panel): SeriesBuilder {
  const builder = new SeriesBuilder()
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName))
    .drawStyle(panel.kind === "bars" ? GraphDrawStyle.Bars : GraphDrawStyle.Line)
    .lineWidth(1)
    .fillOpacity(panel.kind === "lines" ? 0 : 50)
    .showPoints(VisibilityMode.Never)
    .legend(legend(["lastNotNull", "max"]));
  if (panel.kind !== "lines") builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A"));
  if (panel.steps !== undefined)
    builder.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  return builder;
}

function legend(calcs: readonly string[]): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder()
    .displayMode(calcs.length === 0 ? LegendDisplayMode.List : LegendDisplayMode.Table)
    .placement(LegendPlacement.Bottom)
    .showLegend(true)
    .calcs([...calcs]);
}

function target(panel: Panel, { expr, legend: format }: Query, i: number): DataqueryBuilder {
  const query = new DataqueryBuilder()
    .refId(String.fromCharCode("A".charCodeAt(0) + i))
    .datasource(datasource)
    .expr(expr)
    .legendFormat(format);
  return panel.kind === "value" ? query.instant() : query.range();
}

function thresholds(steps: readonly Step[]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(steps.map(({ from, color }) => ({ value: from, color })));
}

function mappings(meanings: readonly Meaning[]): ValueMapping[] {
  const options = meanings.map(({ value, text, color }, index) => [String(value), { text, color, index }] as const);
  return [{ type: MappingType.ValueToText, options: Object.fromEntries(options) }];
}
