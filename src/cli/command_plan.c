#include "command.h"
#include "rote/data_file.h"
#include "rote/memory.h"
#include "rote/vae.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int print_defaults(void)
{
  rote_status status = ROTE_OK;
  rote_study *study = NULL;
  char *text = NULL;
  ROTE_TRY(rote_study_defaults(&study));
  ROTE_TRY(rote_study_text(study, ROTE_STUDY_COMMENTED, &text));
  printf("%s# variants:               # the same study under changes, in one run\n"
         "#   - { name: lr3, set: [\"training.learning_rate=1e-3\"] }\n"
         "#   - { name: lr4, set: [\"training.learning_rate=1e-4\"] }\n",
         text);
done:
  rote_free(&text);
  rote_study_destroy(&study);
  return status == ROTE_OK ? 0 : rote_command_failed(status);
}

/* Multiply-adds of one column through a network of dense layers: its weights. */
static double weights_of(const rote_vae *vae, const char *prefix)
{
  double n = 0;
  for (size_t i = 0; i < vae->table.count; i++) {
    const rote_parameter *p = &vae->table.parameter[i];
    if (p->rank >= 2 && strncmp(p->name, prefix, strlen(prefix)) == 0) {
      n += (double)p->count;
    }
  }
  return n;
}

static rote_status print_variant(const rote_variant *v, const rote_data_info *info)
{
  rote_status status = ROTE_OK;
  const rote_options *o = &v->options;
  const double images = (double)(o->data.limit > 0 ? o->data.limit : info->train_count);
  const double k = (double)o->folds.count, r = (double)o->folds.repeats,
               full = (double)o->folds.full;
  rote_vae *vae = NULL;
  ROTE_TRY(rote_vae_create(o, info, &vae));
  const double all = weights_of(vae, ""), decoder = weights_of(vae, "decoder.");
  const double trained = (double)o->training.epochs * images * (k > 0 ? r * (k - 1) + full : full);
  const double evaluated = (double)(rote_unit_count(o) * rote_evaluation_count(o)) * images;
  const double samples = (double)o->evaluation.samples;
  printf("%s:\n", v->name);
  printf("  trainings             %zu (%zu repeats x %zu folds + %zu full), %zu epochs\n",
         rote_unit_count(o), o->folds.repeats, o->folds.count, o->folds.full, o->training.epochs);
  printf("  evaluations           %zu of %.0f images, %zu samples\n",
         rote_unit_count(o) * rote_evaluation_count(o), images, o->evaluation.samples);
  printf("  parameters            %zu\n", vae->table.total);
  printf("  FLOP of training      %.3g\n", 6 * all * trained);
  printf("  FLOP of evaluation    %.3g\n", 2 * evaluated * (samples * decoder + all - decoder));
  printf("  checkpoint            %.1f MB each\n", 12e-6 * (double)vae->table.total);
  printf("  results               %.1f MB\n", 8e-6 * evaluated);
  if (o->folds.count > 1) {
    const double smallest = pow(k, -r);
    printf("  smallest p-value      %.3g\n", smallest);
    if (smallest * images > 0.05) {
      printf("  warning: at least %.0f images must reach it before any can be significant at 5 %% "
             "false discovery;\n"
             "           more repeats or folds make it smaller\n",
             ceil(smallest * images / 0.05));
    }
  }
done:
  rote_vae_destroy(&vae);
  return status;
}

static int plan_main(int argc, char **argv)
{
  rote_status status = ROTE_OK;
  rote_study *study = NULL;
  rote_data_info info;
  if (argc == 2 && strcmp(argv[1], "--defaults") == 0) {
    return print_defaults();
  }
  if (argc != 2 || argv[1][0] == '-') {
    return rote_command_misused(&rote_command_plan, "a study file, or --defaults, is needed");
  }
  ROTE_TRY(rote_study_read(argv[1], 0, NULL, &study));
  ROTE_TRY(rote_data_file_info(study->base.data.file, &info));
  ROTE_TRY(rote_study_check_data(study, info.train_count));
  printf("%s: %zu training images of %zu x %zu x %zu in %s\n", study->base.name, info.train_count,
         info.channels, info.height, info.width, study->base.data.file);
  for (size_t v = 0; v < study->variant_count; v++) {
    ROTE_TRY(print_variant(&study->variant[v], &info));
  }
done:
  rote_study_destroy(&study);
  return status == ROTE_OK ? 0 : rote_command_failed(status);
}

const rote_command rote_command_plan = {
    .name = "plan",
    .usage = "STUDY.yaml | --defaults",
    .help = "say what a study will cost before it runs, or print a study file with every option "
            "explained",
    .main = plan_main,
};
